/** The history of metrics as a table with curves. Pure. */
import type { HistoryCurve, MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import { formatBytes, formatCores, formatRate } from "@berth/shared/metrics/units";
import type { RenderOptions } from "../define-command.ts";
import { table } from "./table.ts";
import { wrapSentence } from "./text.ts";
import { formatDuration, formatMoment } from "./time.ts";

const levels = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const curveColumns = 60;

interface Row {
  series: string;
  column: string;
  least: number | null;
  average: number | null;
  most: number | null;
  curve: string;
}

export function historyLines(answer: MetricsHistoryAnswer, { style, fit, now }: RenderOptions): string[] {
  const rows = answer.series.flatMap(({ name, columns }) =>
    Object.entries(columns).map(([column, curve]) => rowOf(name, column, curve)),
  );
  if (rows.every(({ average }) => average === null)) return ["Nothing was measured in this time."];
  const number = (read: (row: Row) => number | null) => (row: Row) => {
    const value = read(row);
    return value === null ? null : formatColumn(row.column, value);
  };
  return [
    ...table(
      rows,
      [
        ...(answer.series.length > 1 ? [{ title: "NAME", value: ({ series }: Row) => series }] : []),
        { title: "COLUMN", value: ({ column }) => column, cutTo: 12 },
        { title: "LOWEST STEP", align: "right", value: number(({ least }) => least), leaveOut: 1 },
        { title: "AVERAGE", align: "right", value: number(({ average }) => average) },
        { title: "PEAK", align: "right", value: number(({ most }) => most) },
        { title: "OVER TIME", value: ({ curve }) => curve, cutTo: 10 },
      ],
      style,
      fit,
    ),
    "",
    ...wrapSentence(footer(answer, now), fit),
  ];
}

function footer({ from, length, stepSeconds, resolutionSeconds }: MetricsHistoryAnswer, now: number): string {
  const begin = Date.parse(from);
  const end = Math.min(begin + length * stepSeconds * 1000, now);
  const step = formatDuration(stepSeconds * 1000);
  const span = `${formatMoment(begin, now)} to ${formatMoment(end, begin)} UTC`;
  const resolution = formatDuration(resolutionSeconds * 1000);
  return `${span}, in steps of ${step} from averages of ${resolution}. LOWEST STEP is the lowest average of a step, PEAK the highest moment.`;
}

function rowOf(series: string, column: string, { average, maximum }: HistoryCurve): Row {
  const measured = average.filter((value) => value !== null);
  const peaks = maximum.filter((value) => value !== null);
  const isEmpty = measured.length === 0;
  return {
    ...{ series, column, curve: sparkline(average) },
    least: isEmpty ? null : measured.reduce((one, other) => Math.min(one, other)),
    average: isEmpty ? null : measured.reduce((sum, value) => sum + value, 0) / measured.length,
    most: peaks.length === 0 ? null : peaks.reduce((one, other) => Math.max(one, other)),
  };
}

/** One sign for each point, or for the highest of several where there are more than there is room for. */
export function sparkline(values: readonly (number | null)[], columns = curveColumns): string {
  const merge = Math.max(1, Math.ceil(values.length / columns));
  const merged = Array.from({ length: Math.ceil(values.length / merge) }, (_, index) => {
    const measured = values.slice(index * merge, (index + 1) * merge).filter((value) => value !== null);
    return measured.length === 0 ? null : Math.max(...measured);
  });
  const top = merged.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  return merged.map((value) => (value === null ? " " : levelOf(value, top))).join("");
}

function levelOf(value: number, top: number): string {
  const level = top > 0 ? Math.min(levels.length - 1, Math.floor((value / top) * levels.length)) : 0;
  return levels[level] ?? levels[0];
}

function formatColumn(column: string, value: number): string {
  if (column.endsWith("PerSecond")) return formatRate(value);
  if (column.endsWith("Bytes")) return formatBytes(value);
  if (column.endsWith("Cores")) return formatCores(value);
  return String(Number(value.toFixed(1)));
}
