/** Samples as a chart wants them: seconds, and null where nothing is known. Pure. */
import type { Series } from "./sample-store.ts";

export type ChartColumn = (number | null)[];
/** First the times in seconds, then one column for each curve. */
export type ChartData = [number[], ...ChartColumn[]];

/** Further apart than this, curves are not joined. Averages of a longer past may come once in ten seconds. */
const gapMilliseconds = 15_000;

/** Series of one node, which share their times. `window`: the span before `now` that is wanted, in milliseconds. */
export function chartData(series: readonly (Series | undefined)[], now: number, window: number): ChartData {
  const first = series.find((one) => one !== undefined);
  const columns: ChartColumn[] = series.map(() => []);
  const times: number[] = [];
  if (!first) return [times, ...columns];
  let before = Number.POSITIVE_INFINITY;
  for (let row = first.begin; row < first.end; row += 1) {
    const at = first.time[row] ?? 0;
    if (now - at > window) continue;
    if (at - before > gapMilliseconds) {
      times.push((before + 1) / 1000);
      for (const column of columns) column.push(null);
    }
    before = at;
    times.push(at / 1000);
    series.forEach((one, index) => {
      const value = one?.values[row] ?? Number.NaN;
      columns[index]?.push(Number.isNaN(value) ? null : value);
    });
  }
  return [times, ...columns];
}

/** Milliseconds since the newest sample, if that is too long ago to be the present; undefined when it is not, or there is none. */
export function ageOf([times]: ChartData, now: number): number | undefined {
  const newest = times.at(-1);
  const age = newest === undefined ? 0 : now - newest * 1000;
  return age > gapMilliseconds ? age : undefined;
}

export function isAnyAboveZero([, ...columns]: ChartData): boolean {
  return columns.some((column) => column.some((value) => value !== null && value > 0));
}

/** Upper edge of a chart: room above the peak, and the limit as soon as the peak is half of it. */
export function chartTop(data: ChartData, limit: number, least: number): number {
  let peak = 0;
  for (const column of data.slice(1)) for (const value of column) peak = Math.max(peak, value ?? 0);
  return showsLimit(peak, limit) ? limit * 1.05 : Math.max(peak * 1.15, least);
}

/** Whether a limit is near enough to be worth a line. */
export function showsLimit(peak: number, limit: number): boolean {
  return Number.isFinite(limit) && limit > 0 && peak >= limit / 2;
}
