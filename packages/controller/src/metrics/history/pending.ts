/** Samples that are not on disk yet, added up in steps of the finest resolution. */
import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
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

interface Step {
  count: number;
  /** By column; a column that was not measured in all samples has a lower weight. */
  sums: Float64Array;
  weights: Float64Array;
  most: Float64Array;
}

interface PendingGroup extends Group {
  /** When the first of its samples came. */
  since: number;
  columns: readonly string[];
  steps: Map<number, Step>;
}

export class Pending {
  readonly stepMilliseconds: number;
  readonly #mostSteps: number;
  readonly #groups = new Map<string, PendingGroup>();

  /** Keeps at most so many steps of each group: those that came first go. */
  constructor(stepMilliseconds: number, mostSteps: number) {
    this.stepMilliseconds = stepMilliseconds;
    this.#mostSteps = mostSteps;
  }

  /** Answers whether a group has come near to what is kept at most. `now` is what `due` counts from. */
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
    return ofNode.steps.size > this.#mostSteps / 2;
  }

  /** Groups whose first sample came before that, at most a share of all so that no moment has to write all of them. */
  due(before: number, share: number, least: number): Group[] {
    const due = [...this.#groups.values()].filter(({ since }) => since <= before);
    return due.slice(0, Math.max(least, Math.ceil(this.#groups.size * share)));
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
    for (const { node, container } of groups) this.#groups.delete(keyOf(node, container));
  }

  #group(group: Group, columns: readonly string[], since: number): PendingGroup {
    const key = keyOf(group.node, group.container);
    const known = this.#groups.get(key);
    if (known !== undefined) {
      known.instance = group.instance;
      return known;
    }
    const made = { ...group, since, columns, steps: new Map<number, Step>() };
    this.#groups.set(key, made);
    return made;
  }

  #addRow({ steps, columns }: PendingGroup, at: number, row: readonly number[]): void {
    const start = startOf(at, this.stepMilliseconds);
    let step = steps.get(start);
    if (step === undefined) {
      step = {
        count: 0,
        sums: new Float64Array(columns.length),
        weights: new Float64Array(columns.length),
        most: new Float64Array(columns.length).fill(Number.NEGATIVE_INFINITY),
      };
      steps.set(start, step);
      if (steps.size > this.#mostSteps) {
        for (const first of steps.keys()) {
          steps.delete(first);
          break;
        }
      }
    }
    const { sums, weights, most } = step;
    step.count += 1;
    for (let column = 0; column < columns.length; column += 1) {
      const value = row[column] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      sums[column] = (sums[column] ?? 0) + value;
      weights[column] = (weights[column] ?? 0) + 1;
      most[column] = Math.max(most[column] ?? value, value);
    }
  }
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
    for (const [start, { count, sums, weights, most }] of ofWindow) {
      const place = (start - from) / stepMilliseconds;
      gathered.count(place, count);
      columns.forEach((column, index) => {
        const weight = weights[index] ?? 0;
        if (weight === 0) return;
        gathered.add(gathered.curve(column), place, (sums[index] ?? 0) / weight, most[index] ?? Number.NaN, weight);
      });
    }
    return { group, gathered };
  });
}

export function keyOf(node: string, container: string): string {
  return `${node}\n${container}`;
}
