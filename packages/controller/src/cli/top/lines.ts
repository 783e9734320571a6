/** Rows of `berth top` as a table, and as the screen around it. Pure. */
import type { Order } from "@berth/shared/metrics/order";
import { formatBytes, formatCores, formatLimit, formatRate } from "@berth/shared/metrics/units";
import type { RenderOptions } from "../define-command.ts";
import { plainStyle, type Style } from "../render/style.ts";
import { type Column, table } from "../render/table.ts";
import { clip, count, width } from "../render/text.ts";
import { formatDuration } from "../render/time.ts";
import type { Picture } from "./picture.ts";
import { type Grouping, groupings, type Row, type Selection } from "./rows.ts";

/** From this share of its limit on, memory is worth a look. */
const memoryWarning = 0.9;

const titles: Record<Grouping, string> = {
  container: "CONTAINER",
  instance: "INSTANCE",
  tenant: "TENANT",
  node: "NODE",
};

/** `sort`: marked in the titles, for a screen; elsewhere the rows are in the order that was asked for. */
export function tableLines(
  rows: readonly Row[],
  { by, sort }: { by: Grouping; sort?: Order },
  { style, fit }: Pick<RenderOptions, "style" | "fit">,
): string[] {
  if (rows.length === 0) return ["Nothing fits."];
  const columns = columnsOf(by, style).map((column, index) => {
    const isMarked = sort !== undefined && (sort === "name" ? index === 0 : sortedTitles[sort].includes(column.title));
    return isMarked ? { ...column, title: `${column.title}${sort === "name" ? "▲" : "▼"}` } : column;
  });
  return table(rows, columns, style, fit);
}

/** What is added up for the order. */
const sortedTitles: Record<Exclude<Order, "name">, readonly string[]> = {
  cpu: ["CPU"],
  memory: ["MEMORY"],
  network: ["RECEIVES", "SENDS"],
  disk: ["READS", "WRITES"],
};

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

/** What the keys do, in as many words as there is room for, with what is in force in brackets. */
export function helpLine({ by, sort }: Selection, columns: number): string {
  const mark = (word: string): string => (word === by || word === sort ? `[${word}]` : word);
  const sorts = Object.entries(sortKeys).map(([key, order]) => `${key} ${mark(order)}`);
  const lines = [
    `${sorts.join(" · ")} · b by ${groupings.map(mark).join(", ")} · q quit`,
    `${sorts.join(" · ")} · b [${by}] · q quit`,
    `q quit · b [${by}] · ${Object.keys(sortKeys).join(" ")} [${sort}]`,
  ];
  return lines.find((line) => width(line) <= columns) ?? `q quit · [${by}] · [${sort}]`;
}

export interface Screen {
  columns: number;
  rows: number;
  style: Style;
  /** Why nothing new comes, and for how long nothing has; null: it does. */
  problem: { message: string; milliseconds: number } | null;
}

/** At most `rows` lines of at most `columns` columns. */
export function screenLines(
  picture: Picture,
  rows: readonly Row[],
  selection: Selection,
  { columns, rows: height, style, problem }: Screen,
): string[] {
  const header =
    problem === null
      ? [headline(picture, style), style.dim(helpLine(selection, columns)), ""]
      : [pastHeadline(picture, problem.milliseconds, style), style.red(problem.message), ""];
  const whole = tableLines(rows, selection, { style: problem === null ? style : plainStyle, fit: columns });
  const body = problem === null ? whole : whole.map((line) => style.dim(line));
  const room = Math.max(2, height - header.length);
  const shown = body.length <= room ? body : body.slice(0, room - 1);
  const more = body.length - shown.length;
  return [...header, ...shown, ...(more > 0 ? [style.dim(`… ${more} more, --filter finds one`)] : [])]
    .slice(0, height)
    .map((line) => clip(line, columns));
}

/** What was true once may be no more: not in the colours of what is. */
function pastHeadline(picture: Picture, milliseconds: number, style: Style): string {
  return style.dim(`as it was ${formatDuration(milliseconds)} ago: ${headline(picture, plainStyle)}`);
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
