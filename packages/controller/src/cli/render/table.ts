/** A table without borders: it reads well, and `awk` and `cut` can read it too. */
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { clip, pad, width, wrap } from "./text.ts";

export interface Column<Row> {
  title: string;
  /** Text of the cell, without colours. */
  value: (row: Row) => string | number | null | undefined;
  paint?: (text: string, row: Row) => string;
  align?: "left" | "right";
  /** Where there is no room: left out, in this order, the lowest first. */
  leaveOut?: number;
  /** Where there still is none: cut to what there is room for, and to no less than this. */
  cutTo?: number;
}

const gap = "  ";

/** Header and one line per row of at most `fit` columns; an empty cell reads `-`. */
export function table<Row>(
  rows: readonly Row[],
  allColumns: readonly Column<Row>[],
  style: Style,
  fit = Infinity,
): string[] {
  const { columns, widths } = fitted(measured(rows, allColumns), fit);
  const cells = rows.map((row) =>
    columns.map((column, index) => clip(cellText(column.value(row)), widths[index] ?? Infinity)),
  );
  const line = (texts: string[], paint: (text: string, index: number) => string): string =>
    texts
      .map((text, index) => {
        const painted = paint(text, index);
        const space = " ".repeat((widths[index] ?? 0) - width(text));
        if (columns[index]?.align === "right") return space + painted;
        return index === columns.length - 1 ? painted : painted + space;
      })
      .join(gap)
      .trimEnd();
  return [
    line(
      columns.map((column) => column.title),
      (text) => style.bold(text),
    ),
    ...rows.map((row, rowIndex) =>
      line(cells[rowIndex] ?? [], (text, index) => columns[index]?.paint?.(text, row) ?? text),
    ),
  ].map((text) => clip(text, fit));
}

interface Measured<Row> {
  columns: Column<Row>[];
  widths: number[];
}

function measured<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Measured<Row> {
  const widths = columns.map(({ title, value }) =>
    Math.max(width(title), ...rows.map((row) => width(cellText(value(row))))),
  );
  return { columns: [...columns], widths };
}

/** With columns left out, then cut, until the lines fit, or nothing more can be done. */
function fitted<Row>({ columns, widths }: Measured<Row>, fit: number): Measured<Row> {
  const excess = sum(widths) + gap.length * (columns.length - 1) - fit;
  if (excess <= 0) return { columns, widths };
  const order = (column: Column<Row>): number => column.leaveOut ?? Infinity;
  const least = Math.min(...columns.map(order));
  if (least < Infinity) {
    const isKept = (_: unknown, index: number): boolean =>
      columns[index] === undefined || order(columns[index]) > least;
    return fitted({ columns: columns.filter(isKept), widths: widths.filter(isKept) }, fit);
  }
  return { columns, widths: cutWidths(columns, widths, excess) };
}

function cutWidths<Row>(columns: readonly Column<Row>[], widths: readonly number[], excess: number): number[] {
  let left = excess;
  return widths.map((natural, index) => {
    const { cutTo = natural, title = "" } = columns[index] ?? {};
    const least = Math.min(natural, Math.max(cutTo, width(title)));
    const cut = Math.min(left, natural - least);
    left -= cut;
    return natural - cut;
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** `name  value` lines with the values in one column, wrapped at `fit` columns; rows without a value are left out. */
export function properties(
  rows: readonly (readonly [name: string, value: string | null])[],
  style: Style,
  fit = Infinity,
): string[] {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== null);
  const nameWidth = Math.max(0, ...shown.map(([name]) => width(name)));
  const indent = " ".repeat(nameWidth) + gap;
  return shown.flatMap(([name, value]) => {
    const [first = "", ...others] = wrap(value, fit - indent.length);
    return [`${style.bold(pad(name, nameWidth))}${gap}${first}`, ...others.map((line) => indent + line)];
  });
}

function cellText(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? "" : printableLine(String(value));
  return text === "" ? "-" : text;
}
