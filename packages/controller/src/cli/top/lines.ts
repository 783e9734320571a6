/** Rows of `berth top` as a table, and as the screen around it. Pure. */
import { formatBytes, formatCores, formatLimit, formatRate } from "@berth/shared/metrics/units";
import type { RenderOptions } from "../define-command.ts";
import type { Style } from "../render/style.ts";
import { type Column, table } from "../render/table.ts";
import { clip, count } from "../render/text.ts";
import type { Picture } from "./picture.ts";
import type { Grouping, Order, Row, Selection } from "./rows.ts";

/** From this share of its limit on, memory is worth a look. */
const memoryWarning = 0.9;

const titles: Record<Grouping, string> = {
  container: "CONTAINER",
  instance: "INSTANCE",
  tenant: "TENANT",
  node: "NODE",
};

export function tableLines(
  rows: readonly Row[],
  by: Grouping,
  { style, fit }: Pick<RenderOptions, "style" | "fit">,
): string[] {
  if (rows.length === 0) return ["Nothing fits."];
  return table(rows, columnsOf(by, style), style, fit);
}

function columnsOf(by: Grouping, style: Style): Column<Row>[] {
  const hasNode = by === "container" || by === "instance";
  return [
    { title: titles[by], value: (row) => row.name, cutTo: 16 },
    ...(hasNode ? [{ title: "NODE", value: (row: Row) => row.node, leaveOut: 4 }] : []),
    ...(by === "tenant"
      ? []
      : [{ title: "STATE", value: (row: Row) => row.state, paint: paintState(style), leaveOut: 5 }]),
    { title: "CPU", align: "right", value: ({ cpuCores }) => written(cpuCores, formatCores) },
    { title: "MEMORY", align: "right", value: ({ memoryBytes }) => written(memoryBytes, formatBytes) },
    {
      title: "OF",
      align: "right",
      value: ({ memoryLimitBytes }) => written(memoryLimitBytes, formatLimit),
      paint: (text, row) => (isNearLimit(row) ? style.red(text) : text),
    },
    rate("RECEIVES", ({ networkReceiveBytesPerSecond: value }) => value, 3),
    rate("SENDS", ({ networkTransmitBytesPerSecond: value }) => value, 3),
    rate("READS", ({ diskReadBytesPerSecond: value }) => value, 2),
    rate("WRITES", ({ diskWriteBytesPerSecond: value }) => value, 2),
    { title: "PROCESSES", align: "right", value: ({ processes }) => processes, leaveOut: 1 },
  ];
}

function rate(title: string, read: (row: Row) => number | null, leaveOut: number): Column<Row> {
  return { title, align: "right", value: (row) => written(read(row), formatRate), leaveOut };
}

function written(value: number | null, format: (value: number) => string): string | null {
  return value === null ? null : format(value);
}

function isNearLimit({ memoryBytes, memoryLimitBytes }: Row): boolean {
  return memoryBytes !== null && memoryLimitBytes !== null && memoryBytes >= memoryWarning * memoryLimitBytes;
}

function paintState(style: Style): (text: string, row: Row) => string {
  return (text, { state }) => {
    if (state === "healthy" || state === "online") return style.green(text);
    return state === "starting" || state === "unknown" || state === "enrolling" ? style.yellow(text) : style.red(text);
  };
}

/** What a key does, by its name; `q` and Ctrl-C end. */
export const sortKeys: Readonly<Record<string, Order>> = {
  c: "cpu",
  m: "memory",
  n: "network",
  d: "disk",
  a: "name",
};
const help = "c cpu · m memory · n network · d disk · a name · b by container, instance, tenant, node · q quit";

export interface Screen {
  columns: number;
  rows: number;
  style: Style;
  /** Why nothing new comes; null: it does. */
  problem: string | null;
}

/** At most `rows` lines of at most `columns` columns. */
export function screenLines(
  picture: Picture,
  rows: readonly Row[],
  selection: Selection,
  { columns, rows: height, style, problem }: Screen,
): string[] {
  const header = [headline(picture, style), problem === null ? style.dim(help) : style.red(problem), ""];
  const body = tableLines(rows, selection.by, { style, fit: columns });
  const room = Math.max(2, height - header.length);
  const shown = body.length <= room ? body : body.slice(0, room - 1);
  const more = body.length - shown.length;
  return [...header, ...shown, ...(more > 0 ? [style.dim(`… ${more} more, --filter finds one`)] : [])]
    .slice(0, height)
    .map((line) => clip(line, columns));
}

function headline({ status, readings }: Picture, style: Style): string {
  if (status === null) return "…";
  const online = status.nodes.filter(({ state }) => state === "online").length;
  const healthy = status.instances.filter(({ state }) => state === "healthy").length;
  return [
    style.bold(status.fleet ?? "no fleet"),
    `${online} of ${count(status.nodes.length, "node")} online`,
    `${healthy} of ${count(status.instances.length, "instance")} healthy`,
    `${readings.size} measured`,
  ].join("  ");
}
