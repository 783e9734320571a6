/** Names beside those curves that colour and dash no longer tell apart. */
import type uPlot from "uplot";
import { curveColour, toldByLook } from "./curve-look.ts";
import { palette } from "./palette.ts";

interface Place {
  left: number;
  top: number;
  width: number;
}

const size = 10;
const gap = 3;

/** `columnOf`: where a curve is among the chart's data. What would stand over another name is left out: the legend has all. */
export function drawNames(plot: uPlot, names: readonly string[], columnOf: (index: number) => number): void {
  const { ctx } = plot;
  const height = size * devicePixelRatio;
  const taken: Place[] = [];
  ctx.save();
  ctx.font = `${height}px ${getComputedStyle(plot.root).fontFamily}`;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  // Around the letters, so that they are read over curves.
  ctx.strokeStyle = palette().surface;
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.lineJoin = "round";
  ctx.setLineDash([]);
  for (const [index, name] of names.entries()) {
    if (index < toldByLook) continue;
    const place = placeOf(plot, columnOf(index), ctx.measureText(name).width);
    if (place === undefined || taken.some((other) => overlap(place, other, height))) continue;
    taken.push(place);
    ctx.strokeText(name, place.left, place.top);
    ctx.fillStyle = curveColour(index);
    ctx.fillText(name, place.left, place.top);
  }
  ctx.restore();
}

/** Above the highest point of the curve, and within the chart. */
function placeOf(plot: uPlot, column: number, width: number): Place | undefined {
  const values = plot.data[column] ?? [];
  let highest = -1;
  for (let row = 0; row < values.length; row += 1) {
    if ((values[row] ?? -1) > (values[highest] ?? -1)) highest = row;
  }
  const at = plot.data[0][highest];
  if (at === undefined) return undefined;
  const { left, top, width: whole } = plot.bbox;
  const x = plot.valToPos(at, "x", true) - width / 2;
  const y = plot.valToPos(values[highest] ?? 0, "y", true) - gap * devicePixelRatio;
  return {
    left: Math.max(left, Math.min(x, left + whole - width)),
    top: Math.max(y, top + size * devicePixelRatio),
    width,
  };
}

function overlap(one: Place, other: Place, height: number): boolean {
  const isBeside = one.left + one.width < other.left || other.left + other.width < one.left;
  return !isBeside && Math.abs(one.top - other.top) < height;
}
