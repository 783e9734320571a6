import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
import { expect, it } from "vitest";
import { createStyle, plainStyle } from "../render/style.ts";
import { helpLine, screenLines, tableLines } from "./lines.ts";
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

it("says which column sorts and what is added up, and how to leave, however narrow it is", () => {
  const titles = (chosen: Selection) => tableLines(rows, chosen, { style: plainStyle, fit: Infinity })[0];
  expect(titles(selection)).toMatch(/CONTAINER .* CPU▼ +MEMORY +OF/);
  expect(titles({ ...selection, sort: "network" })).toMatch(/CPU +MEMORY +OF +RECEIVES▼ +SENDS▼ +READS /);
  expect(titles({ ...selection, sort: "name" })).toMatch(/^CONTAINER▲ /);
  expect(helpLine(selection, 120)).toBe(
    "c [cpu] · m memory · n network · d disk · a name · b by [container], instance, tenant, node · q quit",
  );
  for (const columns of [30, 40, 80, 120]) {
    const line = helpLine({ by: "tenant", sort: "memory" }, columns);
    expect(line.length).toBeLessThanOrEqual(columns);
    for (const part of ["[tenant]", "[memory]", "q quit"]) expect(line).toContain(part);
  }
});

it("says how old it is while nothing comes, in no colour of what is true now", () => {
  const screen = {
    columns: 120,
    rows: 10,
    style: createStyle(true),
    problem: { message: "It is away.", milliseconds: 12_000 },
  };
  const [head, problem, , ...table] = screenLines(picture, rows, selection, screen);
  expect(head).toBe(
    "\u001b[2mas it was 12s ago: valuechain  2 of 3 nodes online  2 of 4 instances healthy  1 measured\u001b[22m",
  );
  expect(problem).toContain("It is away.");
  expect(table.every((line) => line.startsWith("\u001b[2m") && !line.includes("\u001b[32m"))).toBe(true);
});

it("has all of them where it is no screen", () => {
  const lines = tableLines(rows, { by: "container" }, { style: plainStyle, fit: Infinity });
  expect(lines).toHaveLength(rows.length + 1);
});
