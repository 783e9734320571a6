/** The recent past of every node, in memory: what a page shows when it opens. */
import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, nodeColumns, type Frame, type Row, type SampleBatch } from "@berth/shared/metrics/samples";

export interface SampleRingOptions {
  clock: { now(): number };
  /** Instance to which a container belongs; undefined when it is nobody's */
  instanceOf: (node: string, container: string) => string | undefined;
  retentionSeconds?: number;
  /** Numbers (8 bytes each) and frames kept per node; the oldest frames go first */
  maxValuesPerNode?: number;
  maxFramesPerNode?: number;
  /** Numbers kept of all nodes together: each has an equal share */
  maxValues?: number;
}

export interface RecentQuery {
  seconds: number;
  node?: string;
  /** Milliseconds since the epoch. */
  until?: number;
}

/**
 * One frame: the node's row, then a row per name, as one compact array; a row that was not measured starts with NaN.
 * `at` is by the controller's clock.
 */
interface KeptFrame {
  at: number;
  nodeAt: number;
  names: readonly string[];
  values: Float64Array;
}

interface NodeRing {
  frames: KeptFrame[];
  /** `nodeAt` of every kept frame: knows a frame that comes twice */
  known: Set<number>;
  values: number;
}

/** Clocks that differ less are the same clock seen through a network. */
const clockToleranceMilliseconds = 2000;
/** Frames from further ahead are not believed: they would push out everything else. */
const futureMilliseconds = 60_000;

export class SampleRing {
  readonly #options: Required<SampleRingOptions>;
  readonly #nodes = new Map<string, NodeRing>();

  constructor(options: SampleRingOptions) {
    const limits = { maxValuesPerNode: 4_000_000, maxFramesPerNode: 15_000, maxValues: 16_000_000 };
    this.#options = { retentionSeconds: 7200, ...limits, ...options };
  }

  /**
   * Keeps what is new of the batch and answers it, with times by the controller's clock; undefined when nothing is.
   * `clockSkewMilliseconds` is the node's clock minus the controller's.
   */
  add(node: string, batch: SampleBatch, clockSkewMilliseconds: number): LiveSamples | undefined {
    const ring = this.#nodes.get(node) ?? { frames: [], known: new Set<number>(), values: 0 };
    this.#nodes.set(node, ring);
    const skew = Math.abs(clockSkewMilliseconds) < clockToleranceMilliseconds ? 0 : clockSkewMilliseconds;
    const names = ring.frames.at(-1)?.names;
    const shared = names !== undefined && isSame(names, batch.containers) ? names : batch.containers;
    const added = batch.frames.flatMap((frame) => this.#insert(ring, frame, shared, skew));
    this.#trim(ring);
    return added.length === 0 ? undefined : this.#toLive(node, added.toSorted(byTime));
  }

  /** Frames of the last seconds, of one node or of all; up to a moment, if one is given. */
  recent({ seconds, node, until = Number.POSITIVE_INFINITY }: RecentQuery): LiveSamples[] {
    const since = this.#options.clock.now() - seconds * 1000;
    const nodes = node === undefined ? [...this.#nodes.keys()].toSorted() : [node];
    return nodes.flatMap((name) => {
      const ring = this.#nodes.get(name);
      if (ring === undefined) return [];
      this.#trim(ring);
      return this.#toLive(name, ring.frames.slice(firstAfter(ring.frames, since), firstAfter(ring.frames, until)));
    });
  }

  /** When the oldest frame of the node is of; undefined when there is none. */
  since(node: string): number | undefined {
    return this.#nodes.get(node)?.frames[0]?.at;
  }

  /** Lets go what is too old, or more than its share, also of nodes that are away. */
  tidy(): void {
    for (const [node, ring] of this.#nodes) {
      this.#trim(ring);
      if (ring.frames.length === 0) this.#nodes.delete(node);
    }
  }

  forget(node: string): void {
    this.#nodes.delete(node);
  }

  #insert(ring: NodeRing, frame: Frame, names: readonly string[], skew: number): KeptFrame[] {
    const now = this.#options.clock.now();
    const at = frame.at - skew;
    if (ring.known.has(frame.at) || at > now + futureMilliseconds || at < now - this.#retention) return [];
    const kept = { at, nodeAt: frame.at, names, values: pack(frame, names.length) };
    ring.known.add(frame.at);
    ring.values += kept.values.length;
    // Frames nearly always come in order.
    const last = ring.frames.at(-1);
    if (last === undefined || last.at <= at) ring.frames.push(kept);
    else ring.frames.splice(firstAfter(ring.frames, at), 0, kept);
    return [kept];
  }

  get #retention(): number {
    return this.#options.retentionSeconds * 1000;
  }

  #trim(ring: NodeRing): void {
    const { clock, maxValuesPerNode, maxFramesPerNode, maxValues } = this.#options;
    const mostValues = Math.min(maxValuesPerNode, Math.floor(maxValues / this.#nodes.size));
    const { frames } = ring;
    const tooOld = firstAfter(frames, clock.now() - this.#retention);
    let drop = 0;
    for (const { values, nodeAt } of frames) {
      const isSurplus = ring.values > mostValues || frames.length - drop > maxFramesPerNode;
      if (drop >= tooOld && !isSurplus) break;
      ring.values -= values.length;
      ring.known.delete(nodeAt);
      drop++;
    }
    if (drop > 0) frames.splice(0, drop);
  }

  #toLive(node: string, kept: readonly KeptFrame[]): LiveSamples {
    const layout = new Layout(kept);
    const containers = layout.names.map((name) => ({ name, instance: this.#options.instanceOf(node, name) ?? name }));
    return { node, containers, frames: kept.map((frame) => layout.unpack(frame)) };
  }
}

function pack(frame: Frame, containers: number): Float64Array {
  const values = new Float64Array(nodeColumns.length + containers * containerColumns.length).fill(Number.NaN);
  put(values, 0, frame.node);
  for (const [index, row] of frame.containers.slice(0, containers).entries()) {
    if (row !== null) put(values, nodeColumns.length + index * containerColumns.length, row);
  }
  return values;
}

function put(values: Float64Array, start: number, row: Row): void {
  for (let column = 0; column < row.length; column += 1) values[start + column] = row[column] ?? Number.NaN;
}

function toRow(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}

/** One list of containers for frames whose batches had different ones. */
class Layout {
  readonly names: string[] = [];
  /** For each list of names, where its entries stand in `names` */
  readonly #places = new Map<readonly string[], number[]>();

  constructor(frames: readonly KeptFrame[]) {
    const places = new Map<string, number>();
    for (const { names } of frames) {
      if (this.#places.has(names)) continue;
      for (const name of names) if (!places.has(name)) places.set(name, this.names.push(name) - 1);
      this.#places.set(
        names,
        names.flatMap((name) => places.get(name) ?? []),
      );
    }
  }

  unpack({ at, names, values }: KeptFrame): Frame {
    const containers: Frame["containers"] = Array.from({ length: this.names.length }, () => null);
    for (const [index, place] of (this.#places.get(names) ?? []).entries()) {
      const start = nodeColumns.length + index * containerColumns.length;
      const row = values.subarray(start, start + containerColumns.length);
      if (!Number.isNaN(row[0])) containers[place] = toRow(row);
    }
    return { at, node: toRow(values.subarray(0, nodeColumns.length)), containers };
  }
}

function byTime(one: KeptFrame, other: KeptFrame): number {
  return one.at - other.at;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

/** Index of the first frame later than `at`. */
function firstAfter(frames: readonly KeptFrame[], at: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((frames[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
