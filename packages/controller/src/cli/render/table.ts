/** A table without borders: it reads well, and `awk` and `cut` can read it too. */
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { pad, width } from "./text.ts";

export interface Column<Row> {
  title: string;
  /** Text of the cell, without colours. */
  value: (row: Row) => string | number | null | undefined;
  paint?: (text: string, row: Row) => string;
  align?: "left" | "right";
}

const gap = "  ";

/** Header and one line per row; an empty cell reads `-`. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], style: Style): string[] {
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))));
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...cells.map((row) => width(row[index] ?? ""))),
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
  ];
}

/** `name: value` lines with the values in one column; rows without a value are left out. */
export function properties(rows: readonly (readonly [name: string, value: string | null])[], style: Style): string[] {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== null);
  const nameWidth = Math.max(0, ...shown.map(([name]) => width(name)));
  return shown.map(([name, value]) => `${style.bold(pad(name, nameWidth))}${gap}${value}`);
}

function cellText(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? "" : printableLine(String(value));
  return text === "" ? "-" : text;
}
