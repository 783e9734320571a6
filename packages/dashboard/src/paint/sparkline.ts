/** Sparklines as SVG paths: a canvas for each would be a layer of its own for the browser, and hundreds of those cost. */
import type { Series } from "../samples/sample-store.ts";

export interface SparklineOptions {
  /** The value at the upper edge. */
  most: number;
  /** The right edge, in milliseconds since the epoch: what nobody measured is seen. */
  now: number;
  /** The span from the left edge to there. */
  windowMilliseconds: number;
}

export interface SparklinePaths {
  /** The `d` of the curve, and of the area below it. */
  line: string;
  area: string;
}

/** The drawing's own units, whatever its size on screen. */
export const sparklineWidth = 150;
export const sparklineHeight = 24;
/** Room for half of the line's width at both edges, so that zero and full are not cut off. */
const margin = 1;
/** Samples further apart than this are not joined: two that come every five seconds when nobody looks were missed. */
const gapMilliseconds = 12_000;

/** The curve through the greatest value of each unit of width, so that no peak is lost. */
export function sparklinePaths(series: Series | undefined, options: SparklineOptions): SparklinePaths {
  const paths = { line: "", area: "" };
  for (const stretch of series ? sparklineStretches(series, options) : []) {
    const points = stretch.map(([x, y]) => `${x} ${y}`).join("L");
    paths.line += `M${points}`;
    paths.area += `M${stretch[0]?.[0]} ${sparklineHeight}L${points}L${stretch.at(-1)?.[0]} ${sparklineHeight}Z`;
  }
  return paths;
}

type Point = [x: number, y: number];

function sparklineStretches(series: Series, { most, now, windowMilliseconds }: SparklineOptions): Point[][] {
  const { time, values, begin, end } = series;
  const step = windowMilliseconds / sparklineWidth;
  // Steps of the clock, not of the window: a curve that is drawn anew moves, but does not change its shape.
  const present = Math.floor(now / step);
  const stretches: Point[][] = [];
  let stretch: Point[] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (let row = begin; row < end; row += 1) {
    const at = time[row] ?? Number.NaN;
    const value = values[row] ?? Number.NaN;
    const x = Math.min(sparklineWidth, sparklineWidth - (present - Math.floor(at / step)));
    if (x < 0 || Number.isNaN(value)) continue;
    if (at - before > gapMilliseconds) {
      stretch = [];
      stretches.push(stretch);
    }
    before = at;
    const y = heightOf(value, most);
    const last = stretch.at(-1);
    if (last?.[0] === x) last[1] = Math.min(last[1], y);
    else stretch.push([x, y]);
  }
  return stretches;
}

/** From the upper edge, to a tenth. */
function heightOf(value: number, most: number): number {
  const share = most > 0 ? Math.min(Math.max(value / most, 0), 1) : 0;
  return Math.round((margin + (sparklineHeight - 2 * margin) * (1 - share)) * 10) / 10;
}
