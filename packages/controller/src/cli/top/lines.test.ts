import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
import { expect, it } from "vitest";
import { plainStyle } from "../render/style.ts";
import { screenLines, tableLines } from "./lines.ts";
import { emptyPicture, withEvent } from "./picture.ts";
import { type Selection, topRows } from "./rows.ts";
import { fleet } from "./test-fixtures.ts";

const seenAt = 100_000;
const selection: Selection = { by: "container", sort: "cpu" };
const containers = Array.from({ length: 500 }, (_, index) => ({ name: `c${index}`, instance: `c${index}` }));
const rowOf = (index: number) => containerColumns.map((column) => (column === "cpuCores" ? index / 100 : 0));
const frame = { at: seenAt, node: nodeColumns.map(() => 0), containers: containers.map((_, index) => rowOf(index)) };
const picture = [
  { event: "status", data: fleet },
  { event: "samples", data: { node: "user1", containers, frames: [frame] } },
].reduce((before, event) => withEvent(before, event, seenAt), emptyPicture);
const rows = topRows(picture, selection, seenAt);

it("of five hundred containers a screen has the busiest, and says how many more there are", () => {
  expect(rows.length).toBeGreaterThan(500);
  for (const [columns, height] of [
    [80, 24],
    [200, 60],
  ] as const) {
    const screen = { columns, rows: height, style: plainStyle, problem: null };
    const lines = screenLines(picture, rows, selection, screen);
    expect(lines).toHaveLength(height);
    expect(lines.every((line) => line.length <= columns)).toBe(true);
    expect(lines.slice(4, 6).map((line) => line.split(/\s+/)[0])).toEqual(["c499", "c498"]);
    expect(lines.at(-1)).toBe(`… ${rows.length - (height - 5)} more, --filter finds one`);
  }
});

it("has all of them where it is no screen", () => {
  const lines = tableLines(rows, "container", { style: plainStyle, fit: Infinity });
  expect(lines).toHaveLength(rows.length + 1);
});
