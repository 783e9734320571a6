/** The charts of a node or an instance, drawn by uPlot. */
import uPlot from "uplot";
import { chartTop, showsLimit, type ChartData } from "../samples/chart-data.ts";
import { curveColour, curveDash } from "./curve-look.ts";
import { drawNames } from "./curve-names.ts";
import { palette } from "./palette.ts";

export interface ChartOptions {
  /** Distances between ticks that read well: powers of two for bytes. */
  increments: number[];
  /** Writes a tick of the upright axis. */
  tick: (value: number) => string;
  /** Least value of the upper edge. */
  least: number;
  /** Of the curves, in the order of the data's columns. */
  names: readonly string[];
  /** From the left edge to the present. */
  windowMilliseconds: number;
  /** Charts with the same key share their cursor. */
  group: string;
  /** The row under the cursor changed; undefined: the cursor left. */
  onCursor: (row: number | undefined) => void;
  /** Somebody dragged across a stretch of time; in milliseconds since the epoch. */
  onZoom: (from: number, to: number) => void;
}

export interface Chart {
  /** `now`, in milliseconds since the epoch, is the right edge: not the newest sample, which may be of long ago. */
  draw: (data: ChartData, now: number, limit: number) => void;
  resize: (width: number) => void;
  remove: () => void;
}

export const chartHeight = 168;
/** Distances between ticks of time, in seconds. */
const minutes = [60, 120, 300, 600, 900, 1800, 3600];
/** Makes the chart inside of `target`. */
export function createChart(target: HTMLElement, options: ChartOptions): Chart {
  let shown: ChartData = [[]];
  let limit = Number.NaN;
  const { names } = options;
  const span = options.windowMilliseconds / 1000;
  let present = 0;
  const axis = axisLook(target);
  const plot = new uPlot(
    {
      width: Math.max(target.clientWidth, 100),
      height: chartHeight,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: cursorLook(options.group),
      scales: {
        x: { time: true, range: () => [present - span, present] },
        y: { range: () => [0, chartTop(shown, limit, options.least)] },
      },
      axes: [
        { ...axis, size: 24, space: 48, gap: 4, incrs: minutes, values: (_, splits) => splits.map(clockTime) },
        {
          ...axis,
          size: 66,
          space: 34,
          gap: 6,
          incrs: options.increments,
          values: (_, splits) => splits.map(options.tick),
        },
      ],
      series: [
        {},
        ...names.map((_name, index) => ({
          stroke: () => curveColour(index),
          width: 1.5,
          dash: [...curveDash(index)],
          points: { show: false },
          ...(names.length === 1 ? { fill: () => `color-mix(in srgb, ${curveColour(0)} 12%, transparent)` } : {}),
        })),
      ],
      hooks: {
        draw: [(self) => drawLimit(self, shown, limit), (self) => drawNames(self, names, (index) => index + 1)],
        setCursor: [(self) => options.onCursor(self.cursor.idx ?? undefined)],
        setSelect: [(self) => zoomBySelection(self, options.onZoom)],
      },
    },
    [[], ...names.map(() => [])],
    target,
  );
  return {
    draw: (data, now, nextLimit) => {
      shown = data;
      present = now / 1000;
      limit = nextLimit;
      plot.setData(data);
    },
    resize: (width) => plot.setSize({ width, height: chartHeight }),
    remove: () => plot.destroy(),
  };
}

export function axisLook(target: HTMLElement) {
  return {
    stroke: () => palette().text,
    grid: { stroke: () => palette().grid, width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(target).fontFamily}`,
  };
}

/** Charts of one group share their cursor; dragging across one marks a stretch of time. */
export function cursorLook(group: string): uPlot.Cursor {
  return { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 5 }, sync: { key: group } };
}

/** Narrower than this is a click. */
const leastSelection = 6;

export function zoomBySelection(plot: uPlot, onZoom: (from: number, to: number) => void): void {
  const { left, width } = plot.select;
  if (width < leastSelection) return;
  const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom(from * 1000, to * 1000);
}

export function drawLimit(plot: uPlot, data: ChartData, limit: number): void {
  const peak = chartTop(data, Number.NaN, 0) / 1.15;
  if (!showsLimit(peak, limit)) return;
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(limit, "y", true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = palette().limit;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** "14:03" */
function clockTime(at: number): string {
  return new Date(at * 1000).toLocaleTimeString("en-GB").slice(0, 5);
}
