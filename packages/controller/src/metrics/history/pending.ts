/** Samples that are not on disk yet, added up in steps of the finest resolution. */
import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, nodeColumns, type Row } from "@berth/shared/metrics/samples";
import { Gathered, startOf } from "./gathered.ts";

/** Journal entries are of one such window each, counted from the epoch: what is over is folded into blocks. */
export const windowMilliseconds = 3_600_000;

/** Series that are kept together: those of a node (its `container` is empty), or of one container. */
export interface Group {
  node: string;
  container: string;
  /** Of the container; its own name while it is no instance's. */
  instance: string;
}

export interface PendingEntry {
  group: Group;
  gathered: Gathered;
}

/**
 * Count of samples, then for each column their sum, weight and most; a column that was not measured in all samples has a
 * lower weight. One plain array, since there may be hundreds of thousands: typed ones take several times that.
 */
type Step = number[];
const partsOfColumn = 3;

/** How many steps are held. */
export interface PendingLimits {
  ofGroup: number;
  ofAll: number;
}

/** What one moment writes at most. */
export interface PendingShare {
  /** Of the groups, but at least so many. */
  share: number;
  least: number;
  steps: number;
}

interface PendingGroup extends Group {
  /** When the first of its samples came. */
  since: number;
  columns: readonly string[];
  empty: Readonly<Step>;
  steps: Map<number, Step>;
}

export class Pending {
  readonly stepMilliseconds: number;
  readonly #most: PendingLimits;
  #steps = 0;
  readonly #groups = new Map<string, PendingGroup>();

  /** Of each group those steps go that came first, all groups alike when it is all of them that are too many. */
  constructor(stepMilliseconds: number, most: PendingLimits) {
    this.stepMilliseconds = stepMilliseconds;
    this.#most = most;
  }

  /** Steps of all groups. */
  get steps(): number {
    return this.#steps;
  }

  /** Answers whether the node, or all, have come near to what is kept at most. `now` is what `due` counts from. */
  add({ node, containers, frames }: LiveSamples, now: number): boolean {
    const ofNode = this.#group({ node, container: "", instance: "" }, nodeColumns, now);
    const ofContainers = containers.map(({ name, instance }) =>
      this.#group({ node, container: name, instance }, containerColumns, now),
    );
    for (const frame of frames) {
      this.#addRow(ofNode, frame.at, frame.node);
      frame.containers.forEach((row, index) => {
        const group = ofContainers[index];
        if (row !== null && group !== undefined) this.#addRow(group, frame.at, row);
      });
    }
    return ofNode.steps.size > this.#most.ofGroup / 2 || this.#steps > this.#most.ofAll / 2;
  }

  /** Groups whose first sample came before that, as far as a moment may write: never all when these are many. */
  due(before: number, { share, least, steps }: PendingShare): Group[] {
    const most = Math.max(least, Math.ceil(this.#groups.size * share));
    const due: Group[] = [];
    let taken = 0;
    for (const group of this.#groups.values()) {
      if (group.since > before) continue;
      taken += group.steps.size;
      if (due.length > 0 && (due.length >= most || taken > steps)) break;
      due.push(group);
    }
    return due;
  }

  /** What is pending of one group. */
  of(node: string, container: string): PendingEntry[] {
    const group = this.#groups.get(keyOf(node, container));
    return group === undefined ? [] : entriesOf(group, this.stepMilliseconds);
  }

  groups(): readonly Group[] {
    return [...this.#groups.values()];
  }

  remove(groups: readonly Group[]): void {
    for (const { node, container } of groups) {
      const key = keyOf(node, container);
      this.#steps -= this.#groups.get(key)?.steps.size ?? 0;
      this.#groups.delete(key);
    }
  }

  #group(group: Group, columns: readonly string[], since: number): PendingGroup {
    const key = keyOf(group.node, group.container);
    const known = this.#groups.get(key);
    if (known !== undefined) {
      known.instance = group.instance;
      return known;
    }
    const empty = [0, ...columns.flatMap(() => [0, 0, Number.NEGATIVE_INFINITY])];
    const made = { ...group, since, columns, empty, steps: new Map<number, Step>() };
    this.#groups.set(key, made);
    return made;
  }

  #addRow({ steps, columns, empty }: PendingGroup, at: number, row: Row): void {
    const start = startOf(at, this.stepMilliseconds);
    let step = steps.get(start);
    if (step === undefined) {
      // A copy takes no more room than what is in it.
      step = empty.slice();
      steps.set(start, step);
      this.#steps += 1;
      this.#limit(steps);
    }
    step[0] = (step[0] ?? 0) + 1;
    for (let column = 0; column < columns.length; column += 1) {
      const value = row[column] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      const place = placeOf(column);
      step[place] = (step[place] ?? 0) + value;
      step[place + 1] = (step[place + 1] ?? 0) + 1;
      step[place + 2] = Math.max(step[place + 2] ?? value, value);
    }
  }

  #limit(steps: Map<number, Step>): void {
    const share = Math.max(1, Math.floor(this.#most.ofAll / this.#groups.size));
    const most = this.#steps > this.#most.ofAll ? Math.min(share, this.#most.ofGroup) : this.#most.ofGroup;
    for (const first of steps.keys()) {
      if (steps.size <= most) return;
      steps.delete(first);
      this.#steps -= 1;
    }
  }
}

function placeOf(column: number): number {
  return 1 + column * partsOfColumn;
}

function entriesOf(
  { columns, steps, node, container, instance }: PendingGroup,
  stepMilliseconds: number,
): PendingEntry[] {
  const group = { node, container, instance };
  const windows = Map.groupBy(steps, ([start]) => startOf(start, windowMilliseconds));
  return [...windows.values()].map((ofWindow) => {
    const starts = ofWindow.map(([start]) => start);
    const from = Math.min(...starts);
    const gathered = new Gathered(from, stepMilliseconds, (Math.max(...starts) - from) / stepMilliseconds + 1);
    for (const [start, step] of ofWindow) {
      const place = (start - from) / stepMilliseconds;
      gathered.count(place, step[0] ?? 0);
      columns.forEach((column, index) => {
        const at = placeOf(index);
        const weight = step[at + 1] ?? 0;
        if (weight === 0) return;
        gathered.add(gathered.curve(column), place, (step[at] ?? 0) / weight, step[at + 2] ?? Number.NaN, weight);
      });
    }
    return { group, gathered };
  });
}

export function keyOf(node: string, container: string): string {
  return `${node}\n${container}`;
}
