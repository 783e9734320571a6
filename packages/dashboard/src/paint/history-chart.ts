/** A chart of the past, drawn by uPlot: each curve's average as a line, and shaded up to its maximum. */
import uPlot from "uplot";
import { tickText, timeIncrements } from "../format/span.ts";
import { type ChartData, chartTop } from "../samples/chart-data.ts";
import { lonelyPoints, withinEdges } from "../samples/history-data.ts";
import { axisLook, chartHeight, cursorLook, drawLimit, zoomBySelection } from "./chart.ts";
import { curveColour, curveDash, earlierDash } from "./curve-look.ts";
import { drawNames } from "./curve-names.ts";

export interface HistoryChartOptions {
  increments: number[];
  tick: (value: number) => string;
  least: number;
  /** Of the curves. Each has two columns of the data: averages, then maxima. */
  names: readonly string[];
  /** Then each has another one, of earlier averages. */
  isCompared: boolean;
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
  const indices = options.names.map((_, index) => index);
  const series = [...indices.flatMap(curveSeries), ...(options.isCompared ? indices.map(earlierSeries) : [])];
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
      series: [{}, ...series],
      bands: indices.map((index) => ({
        series: [2 * index + 2, 2 * index + 1] as uPlot.Band.Bounds,
        fill: () => `color-mix(in srgb, ${curveColour(index)} 22%, transparent)`,
      })),
      hooks: {
        draw: [
          (self) => drawLimit(self, shown, limit),
          (self) => drawNames(self, options.names, (index) => 2 * index + 1),
        ],
        setCursor: [(self) => options.onCursor(self.cursor.idx ?? undefined)],
        setSelect: [(self) => zoomBySelection(self, options.onZoom)],
      },
    },
    [[], ...series.map(() => [])],
    target,
  );
  return {
    draw: (data, span, nextLimit) => {
      edges = [span.from / 1000, span.to / 1000];
      shown = withinEdges(data, edges);
      limit = nextLimit;
      plot.setData(shown);
    },
    resize: (width) => plot.setSize({ width, height: chartHeight }),
    remove: () => plot.destroy(),
  };
}

const points: uPlot.Series.Points = {
  ...{ show: true, size: 5 },
  filter: (self: uPlot, column: number) => lonelyPoints(self.data[column]),
};

/** The average, and the maximum above it, fainter. */
function curveSeries(index: number): uPlot.Series[] {
  const own = () => curveColour(index);
  const faint = () => `color-mix(in srgb, ${curveColour(index)} 45%, transparent)`;
  return [
    { stroke: own, width: 1.5, dash: [...curveDash(index)], points: { ...points, fill: own } },
    { stroke: faint, width: 1, points: { ...points, stroke: faint, fill: faint } },
  ];
}

/** Above all others, so that shades do not hide it; in the same colour. */
function earlierSeries(index: number): uPlot.Series {
  const faint = () => `color-mix(in srgb, ${curveColour(index)} 75%, transparent)`;
  return {
    stroke: faint,
    width: 2,
    cap: "round",
    dash: [...earlierDash],
    points: { ...points, stroke: faint, fill: faint },
  };
}
