/** Curves of a span of time, from everything that there is of it: blocks, journal, what is pending, what is in memory. */
import type { LiveSamples } from "@berth/shared/api/live";
import {
  holdingStepSeconds,
  isColumnOf,
  isHoldingColumn,
  isRowsColumn,
  rowsColumn,
} from "@berth/shared/metrics/holdings";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
import { addPart, spanOf, type Resolution } from "./fold.ts";
import { Gathered, startOf } from "./gathered.ts";
import type { HistoryFile } from "./history-file.ts";
import { kindOfHolding } from "./holding.ts";
import { type Group, keyOf, type Pending, windowMilliseconds } from "./pending.ts";
import { chooseSteps, liveMilliseconds } from "./steps.ts";

export interface HistoryQuery {
  /** Series of which groups are wanted, and under which name: groups with the same one are added up. */
  nameOf: (group: Group) => string | undefined;
  columns: readonly string[];
  /** Milliseconds since the epoch; `to` is not included. */
  from: number;
  to: number;
  /** Wished; there are at most that many, and one more where the span does not begin with a step. */
  points: number;
}

/** null where nothing was measured. */
export interface HistoryCurve {
  average: (number | null)[];
  maximum: (number | null)[];
}

export interface HistoryAnswer {
  /** Of what is stored and was read. */
  resolutionMilliseconds: number;
  /** Between two points; a multiple of the resolution. */
  stepMilliseconds: number;
  /** Of the first point. Each stands for the step that begins with it. */
  from: number;
  length: number;
  series: { name: string; columns: Record<string, HistoryCurve> }[];
}

/** What is in memory, second by second. */
export interface LiveSource {
  recent: (query: { seconds: number; node: string; until?: number }) => LiveSamples[];
  /** Of the oldest sample of the node; undefined: there is none. */
  recentSince: (node: string) => number | undefined;
}

export interface Sources extends LiveSource {
  /** undefined: it cannot be opened. */
  file: HistoryFile | undefined;
  pending: Pending;
  resolutions: readonly Resolution[];
  onDamaged: (error: unknown) => void;
}

export function readHistory(query: HistoryQuery, sources: Sources, now: number): HistoryAnswer {
  const columns = columnsOf(query, sources);
  const groups = groupsOf(query, sources).filter((group) => columnsOfGroup(group, columns).length > 0);
  const nodes = [...new Set(groups.map(({ node }) => node))];
  const starts = nodes.map((node) => sources.recentSince(node) ?? Number.POSITIVE_INFINITY);
  const liveFrom = nodes.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...starts);
  const leastStep = query.columns.some(isHoldingColumn) ? holdingStepSeconds * 1000 : 1;
  const steps = chooseSteps({ ...query, leastStep, now, resolutions: sources.resolutions, liveFrom });
  const { resolutionMilliseconds, stepMilliseconds, from, length } = steps;
  const merge = stepMilliseconds / resolutionMilliseconds;
  const make = () => new Gathered(from, resolutionMilliseconds, length * merge);
  const wanted = new Set(columns);
  const live =
    resolutionMilliseconds === liveMilliseconds ? gatherLive({ query, nodes, sources, make, now }) : undefined;
  const byName = Map.groupBy(live?.keys() ?? groups, (group) => query.nameOf(group) ?? "");
  // One name after the other: the steps of 13 months are many, and a node may have hundreds of volumes.
  const series = [...byName].map(([name, ofName]) => {
    const total = new Totals(length * merge);
    for (const group of ofName) {
      total.add(live?.get(group) ?? gatherStored(group, sources, make(), wanted), columnsOfGroup(group, columns));
    }
    return { name, columns: total.curves(merge) };
  });
  return { ...steps, series: series.toSorted((one, other) => one.name.localeCompare(other.name, "en")) };
}

/** Counts of rows have names that fleets choose: those that there are stand in the file. */
function columnsOf({ columns }: HistoryQuery, { file, pending }: Sources): string[] {
  if (!columns.some((column) => column === rowsColumn || isRowsColumn(column))) return [...new Set(columns)];
  const known = [...(file?.columnNames() ?? []), ...pending.columns()].filter(isRowsColumn).toSorted();
  const found = columns.flatMap((column) => (column === rowsColumn ? known : column));
  return [...new Set(found)].filter((column) => !isRowsColumn(column) || known.includes(column));
}

/** What a group may have at all. */
function columnsOfGroup(group: Group, columns: readonly string[]): string[] {
  const kind = kindOfHolding(group);
  return columns.filter((column) => (kind === null ? !isHoldingColumn(column) : isColumnOf(kind, column)));
}

type FoundGroup = Group & { id?: number };

export function groupsOf({ nameOf }: Pick<HistoryQuery, "nameOf">, { file, pending }: Sources): FoundGroup[] {
  const stored: FoundGroup[] = file?.groups() ?? [];
  const known = new Set(stored.map(({ node, container }) => keyOf(node, container)));
  const others = pending.groups().filter(({ node, container }) => !known.has(keyOf(node, container)));
  return [...stored, ...others].filter((group) => nameOf(group) !== undefined);
}

/** Nothing yet, in the finest steps of a span. */
export function stepsFrom(from: number, to: number, { resolutions, pending }: Sources): Gathered {
  const stepMilliseconds = resolutions[0]?.stepMilliseconds ?? pending.stepMilliseconds;
  const begin = startOf(from, stepMilliseconds);
  return new Gathered(begin, stepMilliseconds, Math.max(0, Math.ceil((to - begin) / stepMilliseconds)));
}

/** `journalFrom`: entries of the journal that begin before are left out. */
export function gatherStored(
  { id, node, container }: FoundGroup,
  { file, pending, onDamaged }: Sources,
  target: Gathered,
  wanted: ReadonlySet<string>,
  journalFrom?: number,
): Gathered {
  const { from, stepMilliseconds, length } = target;
  const to = from + length * stepMilliseconds;
  if (file !== undefined && id !== undefined) {
    for (const block of file.blocks(id, stepMilliseconds, { from: from - spanOf(stepMilliseconds), to })) {
      if (!addPart(target, block, file, onDamaged, wanted)) file.removeBlock(block.id);
    }
    for (const entry of file.journal(id, { from: from - windowMilliseconds, to }, journalFrom)) {
      if (!addPart(target, entry, file, onDamaged, wanted)) file.removeJournal(entry.id);
    }
  }
  for (const { gathered } of pending.of(node, container)) target.addAll(gathered, wanted);
  return target;
}

function groupsOfNode(node: string, containers: LiveSamples["containers"]): Group[] {
  return [
    { node, container: "", instance: "" },
    ...containers.map(({ name, instance }) => ({ node, container: name, instance })),
  ];
}

interface LiveQuestion {
  query: HistoryQuery;
  nodes: readonly string[];
  sources: Sources;
  make: () => Gathered;
  now: number;
}

function gatherLive({ query, nodes, sources, make, now }: LiveQuestion): Map<Group, Gathered> {
  const { nameOf, from, to } = query;
  const found = new Map<Group, Gathered>();
  // The first step may begin before what was asked for.
  const seconds = Math.ceil((now - from + make().stepMilliseconds) / 1000) + 60;
  const batches = nodes.flatMap((node) => sources.recent({ seconds, node, until: to }));
  for (const { node, containers, frames } of batches) {
    groupsOfNode(node, containers).forEach((group, index) => {
      if (nameOf(group) === undefined) return;
      const gathered = make();
      const columns = index === 0 ? nodeColumns : containerColumns;
      for (const frame of frames) {
        const row = index === 0 ? frame.node : frame.containers[index - 1];
        const step = gathered.stepOf(frame.at);
        if (row === null || row === undefined || step === undefined) continue;
        gathered.count(step, 1);
        columns.forEach((column, place) => {
          const value = row[place] ?? Number.NaN;
          gathered.add(gathered.curve(column), step, value, value, 1);
        });
      }
      found.set(group, gathered);
    });
  }
  return found;
}

/** Curves of several groups, added up step by step. */
class Totals {
  readonly #averages = new Map<string, Float64Array>();
  readonly #maxima = new Map<string, Float64Array>();

  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  add(gathered: Gathered, columns: readonly string[]): void {
    for (const column of columns) {
      const averages = this.#of(this.#averages, column);
      const maxima = this.#of(this.#maxima, column);
      const curve = gathered.curves.get(column);
      if (curve === undefined) continue;
      for (let step = 0; step < averages.length; step += 1) {
        const average = gathered.average(curve, step);
        if (Number.isNaN(average)) continue;
        averages[step] = (averages[step] || 0) + average;
        maxima[step] = (maxima[step] || 0) + (curve.most[step] ?? 0);
      }
    }
  }

  #of(curves: Map<string, Float64Array>, column: string): Float64Array {
    const known = curves.get(column) ?? new Float64Array(this.#length).fill(Number.NaN);
    curves.set(column, known);
    return known;
  }

  /** `merge` steps become one point. Most tenants have nothing in some of the stores: that is left out. */
  curves(merge: number): Record<string, HistoryCurve> {
    const curves: Record<string, HistoryCurve> = {};
    for (const [column, averages] of this.#averages) {
      if (isHoldingColumn(column) && averages.every(Number.isNaN)) continue;
      const maxima = this.#maxima.get(column) ?? averages;
      const curve: HistoryCurve = { average: [], maximum: [] };
      for (let begin = 0; begin < averages.length; begin += merge) {
        let sum = 0;
        let count = 0;
        let most = Number.NEGATIVE_INFINITY;
        for (let step = begin; step < begin + merge; step += 1) {
          const average = averages[step] ?? Number.NaN;
          if (Number.isNaN(average)) continue;
          sum += average;
          count += 1;
          most = Math.max(most, maxima[step] ?? average);
        }
        curve.average.push(count === 0 ? null : rounded(sum / count));
        curve.maximum.push(count === 0 ? null : rounded(most));
      }
      curves[column] = curve;
    }
    return curves;
  }
}

/** More digits than were kept would only make the answer longer. */
function rounded(value: number): number {
  return Math.abs(value) < 4096 && Number.isInteger(value) ? value : Number(value.toPrecision(5));
}
