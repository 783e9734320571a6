/** A chart of the past, drawn by uPlot: each curve's average as a line, and shaded up to its maximum. */
import uPlot from "uplot";
import { tickText, timeIncrements } from "../format/span.ts";
import { type ChartData, chartTop } from "../samples/chart-data.ts";
import { lonelyPoints } from "../samples/history-data.ts";
import { axisLook, chartHeight, cursorLook, curveColour, curveDash, drawLimit, zoomBySelection } from "./chart.ts";

export interface HistoryChartOptions {
  increments: number[];
  tick: (value: number) => string;
  least: number;
  /** Each has two columns of the data: averages, then maxima. */
  curves: number;
  group: string;
  onCursor: (row: number | undefined) => void;
  onZoom: (from: number, to: number) => void;
}

export interface HistoryChart {
  /** `span`: what the chart shows, also where there are no data; milliseconds since the epoch. */
  draw: (data: ChartData, span: { from: number; to: number }, limit: number) => void;
  resize: (width: number) => void;
  remove: () => void;
}

export function createHistoryChart(target: HTMLElement, options: HistoryChartOptions): HistoryChart {
  let shown: ChartData = [[]];
  let edges: [number, number] = [0, 1];
  let limit = Number.NaN;
  const axis = axisLook(target);
  const plot = new uPlot(
    {
      width: Math.max(target.clientWidth, 100),
      height: chartHeight,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: cursorLook(options.group),
      scales: {
        x: { time: true, range: () => edges },
        y: { range: () => [0, chartTop(shown, limit, options.least)] },
      },
      axes: [
        {
          ...{ ...axis, size: 24, space: 56, gap: 4, incrs: timeIncrements },
          values: (_self, splits, _axis, _space, increment) => splits.map((at) => tickText(at, increment)),
        },
        {
          ...{ ...axis, size: 66, space: 34, gap: 6, incrs: options.increments },
          values: (_, splits) => splits.map(options.tick),
        },
      ],
      series: [{}, ...Array.from({ length: options.curves }, (_, index) => curveSeries(index)).flat()],
      bands: Array.from({ length: options.curves }, (_, index) => ({
        series: [2 * index + 2, 2 * index + 1] as uPlot.Band.Bounds,
        fill: () => `color-mix(in srgb, ${curveColour(index)} 22%, transparent)`,
      })),
      hooks: {
        draw: [(self) => drawLimit(self, shown, limit)],
        setCursor: [(self) => options.onCursor(self.cursor.idx ?? undefined)],
        setSelect: [(self) => zoomBySelection(self, options.onZoom)],
      },
    },
    [[], ...Array.from({ length: 2 * options.curves }, () => [])],
    target,
  );
  return {
    draw: (data, span, nextLimit) => {
      shown = data;
      edges = [span.from / 1000, span.to / 1000];
      limit = nextLimit;
      plot.setData(data);
    },
    resize: (width) => plot.setSize({ width, height: chartHeight }),
    remove: () => plot.destroy(),
  };
}

/** The average, and the maximum above it, fainter. */
function curveSeries(index: number): uPlot.Series[] {
  const alone = (self: uPlot, column: number) => lonelyPoints(self.data[column]);
  const points = { show: true, size: 3, filter: alone };
  const faint = () => `color-mix(in srgb, ${curveColour(index)} 45%, transparent)`;
  return [
    { stroke: () => curveColour(index), width: 1.5, dash: [...curveDash(index)], points },
    { stroke: faint, width: 1, points: { ...points, stroke: faint } },
  ];
}
