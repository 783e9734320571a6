/** Whether a disk fills, from how full it was. Pure. */
import { linearRegression, rSquared } from "simple-statistics";

export interface Point {
  /** Milliseconds since the epoch. */
  at: number;
  value: number;
}

/** Less than this says nothing of a day. */
const leastMilliseconds = 30 * 60_000;
const leastPoints = 10;
/** How much of what was measured the line must explain: one large download is no trend. */
const leastFit = 0.8;

/** Whether the points say anything at all of how it goes on. */
export function isTelling(points: readonly Point[]): boolean {
  const [first, last] = [points[0], points.at(-1)];
  return (
    points.length >= leastPoints && first !== undefined && last !== undefined && last.at - first.at >= leastMilliseconds
  );
}

/** Seconds until the line through the points reaches `limit`; null: it does not, or nobody can tell. */
export function secondsUntil(limit: number, points: readonly Point[]): number | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || !isTelling(points)) return null;
  const pairs = points.map(({ at, value }) => [(at - first.at) / 1000, value]);
  const { m: slope, b: start } = linearRegression(pairs);
  if (!(slope > 0)) return null;
  const line = (x: number) => start + slope * x;
  if (!(rSquared(pairs, line) >= leastFit)) return null;
  return Math.max(0, (limit - line((last.at - first.at) / 1000)) / slope);
}
