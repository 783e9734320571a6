/** Samples that are not on disk yet, added up in steps of the finest resolution. */
import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, nodeColumns, type Row } from "@berth/shared/metrics/samples";
import { Gathered, startOf } from "./gathered.ts";

/** Journal entries are of one such window each, counted from the epoch: what is over is folded into blocks. */
export const windowMilliseconds = 3_600_000;

/** Series that are kept together: those of a node (its `container` is empty), of one container, or of what a store or a disk holds (holding.ts). */
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
 * Its start, the count of its samples, then for each column their sum and most. Behind them, once a column was not measured
 * in a sample, in how many each was. One plain array, since there may be hundreds of thousands: typed ones take several
 * times that.
 */
type Step = number[];
const [startPlace, countPlace, firstColumn, partsOfColumn] = [0, 1, 2, 2];

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
  /** In the order in which they began to come. */
  steps: Step[];
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
    return ofNode.steps.length > this.#most.ofGroup / 2 || this.#steps > this.#most.ofAll / 2;
  }

  /** Values by column, of a group that has columns of its own. */
  addValues(group: Group, at: number, values: Readonly<Record<string, number>>, now: number): void {
    const own = this.#group(group, [], now);
    const added = Object.keys(values).filter((column) => !own.columns.includes(column));
    // Not everything is counted from the first moment on.
    if (added.length > 0) {
      for (const step of own.steps) widen(step, own.columns.length, added.length);
      own.columns = [...own.columns, ...added];
    }
    this.#addRow(
      own,
      at,
      own.columns.map((column) => values[column] ?? null),
    );
  }

  /** Of all groups together. */
  columns(): Set<string> {
    return new Set([...this.#groups.values()].flatMap(({ columns }) => columns));
  }

  /** Groups whose first sample came before that, as far as a moment may write: never all when these are many. */
  due(before: number, { share, least, steps }: PendingShare): Group[] {
    const most = Math.max(least, Math.ceil(this.#groups.size * share));
    const due: Group[] = [];
    let taken = 0;
    for (const group of this.#groups.values()) {
      if (group.since > before) continue;
      taken += group.steps.length;
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
      this.#steps -= this.#groups.get(key)?.steps.length ?? 0;
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
    const made = { ...group, since, columns, steps: [] };
    this.#groups.set(key, made);
    return made;
  }

  #addRow({ steps, columns }: PendingGroup, at: number, row: Row): void {
    const start = startOf(at, this.stepMilliseconds);
    // Nearly always the last one.
    let step = steps.findLast((one) => one[startPlace] === start);
    if (step === undefined) {
      // A copy takes no more room than what is in it.
      step = emptyOf(columns).slice();
      step[startPlace] = start;
      steps.push(step);
      this.#steps += 1;
      this.#limit(steps);
    }
    addToStep(step, columns.length, row);
  }

  #limit(steps: Step[]): void {
    const share = Math.max(1, Math.floor(this.#most.ofAll / this.#groups.size));
    const most = this.#steps > this.#most.ofAll ? Math.min(share, this.#most.ofGroup) : this.#most.ofGroup;
    const surplus = Math.max(0, steps.length - most);
    steps.splice(0, surplus);
    this.#steps -= surplus;
  }
}

function emptyStep(columns: readonly string[]): Readonly<Step> {
  return [0, 0, ...columns.flatMap(() => [0, Number.NEGATIVE_INFINITY])];
}

const emptyOfNode = emptyStep(nodeColumns);
const emptyOfContainer = emptyStep(containerColumns);

function emptyOf(columns: readonly string[]): Readonly<Step> {
  if (columns === nodeColumns) return emptyOfNode;
  return columns === containerColumns ? emptyOfContainer : emptyStep(columns);
}

/** Room for columns that were not measured in any of its samples. */
function widen(step: Step, columns: number, added: number): void {
  const weights = Array.from({ length: columns }, (_, column) => weightOf(step, columns, column));
  step.length = placeOf(columns);
  for (let column = 0; column < added; column += 1) step.push(0, Number.NEGATIVE_INFINITY);
  step.push(...weights);
  for (let column = 0; column < added; column += 1) step.push(0);
}

function addToStep(step: Step, columns: number, row: Row): void {
  const weights = placeOf(columns);
  const before = step[countPlace] ?? 0;
  step[countPlace] = before + 1;
  for (let column = 0; column < columns; column += 1) {
    const value = row[column] ?? Number.NaN;
    const isMeasured = Number.isFinite(value);
    if (!isMeasured && step.length === weights) appendWeights(step, columns, before, column);
    if (step.length > weights) step[weights + column] = (step[weights + column] ?? 0) + (isMeasured ? 1 : 0);
    if (!isMeasured) continue;
    const place = placeOf(column);
    step[place] = (step[place] ?? 0) + value;
    step[place + 1] = Math.max(step[place + 1] ?? value, value);
  }
}

/** Until now all were measured as often, and of the sample that is being added those before this column. */
function appendWeights(step: Step, columns: number, before: number, column: number): void {
  for (let each = 0; each < columns; each += 1) step.push(each < column ? before + 1 : before);
}

function placeOf(column: number): number {
  return firstColumn + column * partsOfColumn;
}

/** In how many of the step's samples the column was measured. */
function weightOf(step: Step, columns: number, column: number): number {
  return step[placeOf(columns) + column] ?? step[countPlace] ?? 0;
}

function entriesOf(
  { columns, steps, node, container, instance }: PendingGroup,
  stepMilliseconds: number,
): PendingEntry[] {
  const group = { node, container, instance };
  const windows = Map.groupBy(steps, (step) => startOf(step[startPlace] ?? 0, windowMilliseconds));
  return [...windows.values()].map((ofWindow) => {
    const starts = ofWindow.map((step) => step[startPlace] ?? 0);
    const from = Math.min(...starts);
    const gathered = new Gathered(from, stepMilliseconds, (Math.max(...starts) - from) / stepMilliseconds + 1);
    for (const step of ofWindow) {
      const place = ((step[startPlace] ?? 0) - from) / stepMilliseconds;
      gathered.count(place, step[countPlace] ?? 0);
      columns.forEach((column, index) => {
        const at = placeOf(index);
        const weight = weightOf(step, columns.length, index);
        if (weight === 0) return;
        gathered.add(gathered.curve(column), place, (step[at] ?? 0) / weight, step[at + 1] ?? Number.NaN, weight);
      });
    }
    return { group, gathered };
  });
}

export function keyOf(node: string, container: string): string {
  return `${node}\n${container}`;
}
