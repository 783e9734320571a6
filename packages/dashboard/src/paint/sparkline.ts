import type { Series } from "../samples/sample-store.ts";

export interface SparklineOptions {
  /** Width and height in CSS pixels, and device pixels per CSS pixel. */
  width: number;
  height: number;
  ratio: number;
  /** The value at the upper edge. */
  most: number;
  /** The span from the left edge to the newest sample. */
  windowMilliseconds: number;
  colour: string;
}

/** Samples further apart than this are not joined: nothing is known of the time between. */
const gapMilliseconds = 5_000;

/** Corners of the curve in CSS pixels, one list for each stretch without a gap. Pure. */
export function sparklineStretches(series: Series, options: SparklineOptions): [number, number][][] {
  const { time, values, begin, end } = series;
  const newest = time[end - 1] ?? 0;
  const stretches: [number, number][][] = [];
  let current: [number, number][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (let row = begin; row < end; row += 1) {
    const at = time[row] ?? Number.NaN;
    const value = values[row] ?? Number.NaN;
    const age = newest - at;
    if (age > options.windowMilliseconds) continue;
    if (Number.isNaN(value) || at - before > gapMilliseconds) {
      if (current.length > 0) stretches.push(current);
      current = [];
    }
    if (Number.isNaN(value)) continue;
    before = at;
    const x = options.width * (1 - age / options.windowMilliseconds);
    const share = options.most > 0 ? Math.min(Math.max(value / options.most, 0), 1) : 0;
    // Half a line's width from the edges, so that zero and full are not cut off.
    current.push([x, 0.75 + (options.height - 1.5) * (1 - share)]);
  }
  if (current.length > 0) stretches.push(current);
  return stretches;
}

/** Draws the curve with a faint area below it. */
export function drawSparkline(canvas: HTMLCanvasElement, series: Series | undefined, options: SparklineOptions): void {
  const { width, height, ratio, colour } = options;
  fitCanvas(canvas, Math.round(width * ratio), Math.round(height * ratio));
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (!series) return;
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  for (const stretch of sparklineStretches(series, options)) {
    context.beginPath();
    for (const [x, y] of stretch) context.lineTo(x, y);
    context.stroke();
    context.lineTo(stretch.at(-1)?.[0] ?? 0, height);
    context.lineTo(stretch[0]?.[0] ?? 0, height);
    context.globalAlpha = 0.14;
    context.fill();
    context.globalAlpha = 1;
  }
}

/** Setting the size clears and reallocates, so only when it differs. */
function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
