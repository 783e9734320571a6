/** Frames on their way: each name has one place in a batch, while containers come and go. */
import {
  containerColumns,
  type Frame,
  mostContainers,
  nodeColumns,
  type SampleBatch,
} from "@berth/shared/metrics/samples";

const mostFrames = 4000;
/** With its comma no number takes more than 25 bytes: the longest message that a controller takes has room for them. */
const mostValues = 150_000;

export class Batch {
  #frames: Frame[] = [];
  #places = new Map<string, number>();
  #values = 0;

  get length(): number {
    return this.#frames.length;
  }

  get isFull(): boolean {
    return this.#frames.length >= mostFrames || this.#values >= mostValues;
  }

  hasRoomFor(names: Iterable<string>): boolean {
    let more = 0;
    for (const name of names) if (!this.#places.has(name)) more += 1;
    return this.#places.size + more <= mostContainers;
  }

  /** `rows`: by the container's name; what was not measured is not in it. */
  add(at: number, node: Frame["node"], rows: ReadonlyMap<string, number[]>): void {
    for (const name of rows.keys()) if (!this.#places.has(name)) this.#places.set(name, this.#places.size);
    const containers = Array.from(this.#places.keys(), (name) => rows.get(name) ?? null);
    this.#frames.push({ at, node, containers });
    this.#values += nodeColumns.length + containers.length * containerColumns.length;
  }

  /** What was added since it was last taken; null when nothing was. */
  take(): SampleBatch | null {
    if (this.#frames.length === 0) return null;
    const names = [...this.#places.keys()];
    const frames = this.#frames.map((frame) => ({ ...frame, containers: padded(frame.containers, names.length) }));
    this.#frames = [];
    this.#places = new Map();
    this.#values = 0;
    return { containers: names, frames };
  }
}

/** Containers that came after this frame were not measured in it. */
function padded(rows: Frame["containers"], length: number): Frame["containers"] {
  return rows.length === length ? rows : [...rows, ...Array.from({ length: length - rows.length }, () => null)];
}
