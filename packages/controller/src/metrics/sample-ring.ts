/** The recent past of every node, in memory: what a page shows when it opens. */
import type { LiveSamples } from "@berth/shared/api/live";
import {
  containerColumns,
  mostContainers,
  nodeColumns,
  type Frame,
  type Row,
  type SampleBatch,
} from "@berth/shared/metrics/samples";
import { hasNonsense, isPossible } from "./nonsense.ts";

export interface SampleRingOptions {
  clock: { now(): number };
  /** Instance to which a container belongs; undefined when it is nobody's */
  instanceOf: (node: string, container: string) => string | undefined;
  /** Called once for each node that sends values which cannot be. */
  onNonsense?: (node: string) => void;
  retentionSeconds?: number;
  /** Numbers (4 bytes each) and frames kept per node; the oldest frames go first */
  maxValuesPerNode?: number;
  maxFramesPerNode?: number;
  /** Numbers kept of all nodes together: each has an equal share */
  maxValues?: number;
}

/** Of those that came and went there may be thousands: an answer has as many as a batch may have, the newest. */
const mostNames = mostContainers;

export interface RecentQuery {
  seconds: number;
  node?: string;
  /** Milliseconds since the epoch. */
  until?: number;
}

/**
 * One frame: the node's row, then a row per name; a row that was not measured starts with NaN. Frames of one batch share an
 * array, since an array of its own costs each as much again. Of a number seven digits are kept: of a GiB, it is off by 32
 * bytes at most. `at` is by the controller's clock.
 */
interface KeptFrame {
  at: number;
  nodeAt: number;
  names: readonly string[];
  values: Float32Array;
  /** Of its own values, among those of its batch. */
  start: number;
  width: number;
}

interface NodeRing {
  frames: KeptFrame[];
  /** `nodeAt` of every kept frame: knows a frame that comes twice */
  known: Set<number>;
  values: number;
  hasToldNonsense: boolean;
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
    this.#options = { retentionSeconds: 7200, onNonsense: () => undefined, ...limits, ...options };
  }

  /**
   * Keeps what is new of the batch and answers it, with times by the controller's clock; undefined when nothing is.
   * `clockSkewMilliseconds` is the node's clock minus the controller's.
   */
  add(node: string, batch: SampleBatch, clockSkewMilliseconds: number): LiveSamples | undefined {
    const ring = this.#nodes.get(node) ?? { frames: [], known: new Set<number>(), values: 0, hasToldNonsense: false };
    this.#nodes.set(node, ring);
    if (!ring.hasToldNonsense && hasNonsense(batch)) {
      ring.hasToldNonsense = true;
      this.#options.onNonsense(node);
    }
    const skew = Math.abs(clockSkewMilliseconds) < clockToleranceMilliseconds ? 0 : clockSkewMilliseconds;
    const names = ring.frames.at(-1)?.names;
    const shared = names !== undefined && isSame(names, batch.containers) ? names : batch.containers;
    const fresh = this.#new(ring, batch.frames, skew);
    // No room for rows that are not there: it would be a thousand times that of what was sent.
    const rows = Math.max(0, ...fresh.map(({ containers }) => containers.length));
    const width = widthOf(Math.min(shared.length, rows));
    const values = new Float32Array(fresh.length * width).fill(Number.NaN);
    const added = fresh.map((frame, index) => {
      pack(frame, values.subarray(index * width, (index + 1) * width));
      return { at: frame.at - skew, nodeAt: frame.at, names: shared, values, start: index * width, width };
    });
    for (const frame of added) insert(ring, frame);
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

  /** Those that did not come before, and that are of a time to believe. */
  #new(ring: NodeRing, frames: readonly Frame[], skew: number): Frame[] {
    const now = this.#options.clock.now();
    return frames.filter((frame) => {
      const at = frame.at - skew;
      if (ring.known.has(frame.at) || at > now + futureMilliseconds || at < now - this.#retention) return false;
      ring.known.add(frame.at);
      return true;
    });
  }

  get #retention(): number {
    return this.#options.retentionSeconds * 1000;
  }

  #trim(ring: NodeRing): void {
    const { clock, maxValuesPerNode, maxFramesPerNode, maxValues } = this.#options;
    const mostValues = Math.min(maxValuesPerNode, Math.floor(maxValues / this.#nodes.size));
    const { frames } = ring;
    // Of the time before the controller's clock was set back: they would stand before all that comes.
    while ((frames.at(-1)?.at ?? 0) > clock.now() + futureMilliseconds) letGo(ring, frames.pop());
    const tooOld = firstAfter(frames, clock.now() - this.#retention);
    let drop = 0;
    for (const frame of frames) {
      const isSurplus = ring.values > mostValues || frames.length - drop > maxFramesPerNode;
      if (drop >= tooOld && !isSurplus) break;
      letGo(ring, frame);
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

/** How many values a frame of so many containers has. */
function widthOf(containers: number): number {
  return nodeColumns.length + containers * containerColumns.length;
}

function insert(ring: NodeRing, kept: KeptFrame): void {
  ring.values += kept.width;
  // Frames nearly always come in order.
  const last = ring.frames.at(-1);
  if (last === undefined || last.at <= kept.at) ring.frames.push(kept);
  else ring.frames.splice(firstAfter(ring.frames, kept.at), 0, kept);
}

function letGo(ring: NodeRing, frame: KeptFrame | undefined): void {
  if (frame === undefined) return;
  ring.values -= frame.width;
  ring.known.delete(frame.nodeAt);
}

/** Into values that are all NaN. */
function pack(frame: Frame, values: Float32Array): void {
  put(values, 0, frame.node);
  for (const [index, row] of frame.containers.entries()) {
    if (row !== null) put(values, widthOf(index), row);
  }
}

function put(values: Float32Array, start: number, row: Row): void {
  for (let column = 0; column < row.length; column += 1) {
    const value = row[column] ?? Number.NaN;
    values[start + column] = isPossible(value) ? value : Number.NaN;
  }
}

function toRow(values: Float32Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : shortest(value)));
}

/** What has a fraction is sent with four digits of it: those that are kept beyond come of the packing. */
function shortest(value: number): number {
  return Number.isInteger(value) ? value : Math.round(value * 1e4) / 1e4;
}

/** One list of containers for frames whose batches had different ones. */
class Layout {
  readonly names: string[] = [];
  /** For each list of names, where its entries stand in `names`; -1: nowhere */
  readonly #places = new Map<readonly string[], number[]>();

  constructor(frames: readonly KeptFrame[]) {
    const lists = [...new Set(frames.map(({ names }) => names))];
    const shown = newestNames(lists);
    const places = new Map<string, number>();
    for (const names of lists) {
      for (const name of names) if (shown.has(name) && !places.has(name)) places.set(name, this.names.push(name) - 1);
      this.#places.set(
        names,
        names.map((name) => places.get(name) ?? -1),
      );
    }
  }

  unpack({ at, names, values, start, width }: KeptFrame): Frame {
    const containers: Frame["containers"] = Array.from({ length: this.names.length }, () => null);
    for (const [index, place] of (this.#places.get(names) ?? []).entries()) {
      // A row that was not there has no room, either.
      if (place < 0 || widthOf(index + 1) > width) continue;
      const row = values.subarray(start + widthOf(index), start + widthOf(index + 1));
      if (!Number.isNaN(row[0])) containers[place] = toRow(row);
    }
    return { at, node: toRow(values.subarray(start, start + nodeColumns.length)), containers };
  }
}

function newestNames(lists: readonly (readonly string[])[]): Set<string> {
  const shown = new Set<string>();
  for (const names of lists.toReversed()) {
    for (const name of names) {
      if (shown.size === mostNames) return shown;
      shown.add(name);
    }
  }
  return shown;
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
