/** Answers of the history as charts want them. Pure. */
import type { HistoryCurve, MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import type { ChartData } from "./chart-data.ts";

export interface HistoryCurves {
  labels: string[];
  /** Times in seconds, then for each label its averages and its maxima. */
  data: ChartData;
}

export interface CurveChoice {
  column: string;
  /** undefined: each series under its own name. */
  label?: string;
}

const empty: HistoryCurve = { average: [], maximum: [] };

/** Each point stands in the middle of the step that it is of. */
export function historyCurves(answer: MetricsHistoryAnswer, choices: readonly CurveChoice[]): HistoryCurves {
  const { stepSeconds, length, series } = answer;
  const first = Date.parse(answer.from) / 1000 + stepSeconds / 2;
  const times = Array.from({ length }, (_, index) => first + index * stepSeconds);
  const labels: string[] = [];
  const columns: (number | null)[][] = [];
  for (const { column, label } of choices) {
    for (const { name, columns: of } of series) {
      const { average, maximum } = of[column] ?? empty;
      labels.push(label ?? name);
      columns.push(average, maximum);
    }
  }
  return { labels, data: [times, ...columns] };
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
  const measured = average.filter((value) => value !== null);
  const peaks = maximum.filter((value) => value !== null);
  if (measured.length === 0) return { average: Number.NaN, maximum: Number.NaN };
  return {
    average: measured.reduce((sum, value) => sum + value, 0) / measured.length,
    maximum: peaks.reduce((most, value) => Math.max(most, value), 0),
  };
}

/** Points that have no neighbour: a line through them has no length, and would not be seen. */
export function lonelyPoints(column: ArrayLike<number | null | undefined> = []): number[] {
  const isThere = (index: number) => (column[index] ?? null) !== null;
  return Array.from({ length: column.length }, (_, index) => index).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
}
