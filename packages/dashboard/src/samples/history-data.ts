/** Answers of the history as charts want them. Pure. */
import type { HistoryCurve, MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import { isRowsColumn, rowsColumn, rowsOf } from "@berth/shared/metrics/holdings";
import type { ChartColumn, ChartData } from "./chart-data.ts";
import { aligned, averageOf, type Steps } from "./comparison.ts";

export interface HistoryCurves {
  labels: string[];
  /** Times in seconds, then for each label its averages and its maxima; then the earlier averages of each, if any. */
  data: ChartData;
  isCompared: boolean;
}

/** What was measured earlier, for the same charts. */
export interface EarlierAnswer {
  answer: MetricsHistoryAnswer;
  /** Milliseconds that it is earlier. */
  lag: number;
}

export interface CurveChoice {
  /** `rows`: each count of rows that there is, as a curve of its own. */
  column: string;
  /** Of all series, or of each by its name; undefined: each series under its own name. */
  label?: string | ((name: string) => string);
}

const empty: HistoryCurve = { average: [], maximum: [] };

/**
 * Each point stands in the middle of the step that it is of. Earlier series are those of the same name. Where a request
 * asks for each thing apart, a curve is of those that have the column.
 */
export function historyCurves(
  answer: MetricsHistoryAnswer,
  choices: readonly CurveChoice[],
  earlier?: EarlierAnswer,
): HistoryCurves {
  const { stepSeconds, length } = answer;
  const first = Date.parse(answer.from) / 1000 + stepSeconds / 2;
  const times = Array.from({ length }, (_, index) => first + index * stepSeconds);
  const labels: string[] = [];
  const columns: ChartColumn[] = [];
  const earlierColumns: ChartColumn[] = [];
  const answers = earlier === undefined ? [answer] : [answer, earlier.answer];
  for (const { name, column, label } of choices.flatMap((choice) => curvesOf(choice, answers))) {
    const { average, maximum } = curveOf(answer, name, column);
    labels.push(label);
    columns.push(average, maximum);
    if (earlier !== undefined) earlierColumns.push(earlierColumn(answer, earlier, name, column));
  }
  return { labels, data: [times, ...columns, ...earlierColumns], isCompared: earlier !== undefined };
}

interface ChosenCurve {
  name: string;
  column: string;
  label: string;
}

/** What was there earlier only comes last, so that no curve changes its colour. */
function curvesOf({ column, label }: CurveChoice, answers: readonly MetricsHistoryAnswer[]): ChosenCurve[] {
  const chosen = new Map<string, ChosenCurve>();
  const labelOf = typeof label === "function" ? label : (name: string) => label ?? name;
  for (const { name, columns } of answers.flatMap(({ series }) => series)) {
    for (const found of Object.keys(columns)) {
      if (found === column) chosen.set(name, { name, column, label: labelOf(name) });
      else if (column === rowsColumn && isRowsColumn(found)) {
        chosen.set(`${name} ${found}`, { name, column: found, label: `${name} ${rowsOf(found)}` });
      }
    }
  }
  return [...chosen.values()];
}

function curveOf({ series }: MetricsHistoryAnswer, name: string, column: string): HistoryCurve {
  return series.find((one) => one.name === name)?.columns[column] ?? empty;
}

function earlierColumn(
  shown: MetricsHistoryAnswer,
  { answer, lag }: EarlierAnswer,
  name: string,
  column: string,
): ChartColumn {
  return aligned(curveOf(answer, name, column).average, stepsOf(answer), stepsOf(shown), lag);
}

function stepsOf({ from, stepSeconds, length }: MetricsHistoryAnswer): Steps {
  return { from: Date.parse(from), step: stepSeconds * 1000, length };
}

/** The last average of a column over all series: a limit, say. The least one, where there are several. */
export function lastValue({ series }: MetricsHistoryAnswer, column: string): number {
  const values = series.flatMap(({ columns }) => {
    const last = columns[column]?.average.findLast((value) => value !== null && value > 0);
    return last === undefined || last === null ? [] : [last];
  });
  return values.length === 0 ? Number.NaN : Math.min(...values);
}

export interface Summary {
  average: number;
  maximum: number;
}

/** Of a whole curve; NaN when nothing of it was measured. */
export function summaryOf(average: readonly (number | null)[] = [], maximum: readonly (number | null)[] = []): Summary {
  const whole = averageOf(average);
  if (whole === null) return { average: Number.NaN, maximum: Number.NaN };
  return { average: whole, maximum: maximum.reduce<number>((most, value) => Math.max(most, value ?? 0), 0) };
}

/** The middle of the first and of the last step may lie outside of a chart, in the future say: what is there would not be seen. */
export function withinEdges([times, ...columns]: ChartData, [from, to]: readonly [number, number]): ChartData {
  return [times.map((at) => Math.min(Math.max(at, from), to)), ...columns];
}

/** Points that have no neighbour: a line through them has no length, and would not be seen. */
export function lonelyPoints(column: ArrayLike<number | null | undefined> = []): number[] {
  const isThere = (index: number) => (column[index] ?? null) !== null;
  return Array.from({ length: column.length }, (_, index) => index).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
}
