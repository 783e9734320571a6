import { expect, it } from "vitest";
import { TimeTable } from "./time-table.ts";

function rows(table: TimeTable, group: string): number[][] {
  return (table.group(group) ?? []).map((column) => [...column.subarray(table.begin, table.end)]);
}

it("keeps the newest rows in order, however many were written", () => {
  const table = new TimeTable(3);
  for (let at = 1; at <= 10; at += 1) {
    table.append(at);
    table.write("node", [at * 10, at * 100]);
    const expected = Array.from({ length: Math.min(at, 3) }, (_, index) => at - Math.min(at, 3) + 1 + index);
    expect([...table.time.subarray(table.begin, table.end)]).toEqual(expected);
    expect(rows(table, "node")).toEqual([expected.map((row) => row * 10), expected.map((row) => row * 100)]);
  }
  expect(table.newest).toBe(10);
});

it("has NaN where a group was not written", () => {
  const table = new TimeTable(4);
  table.append(1);
  table.append(2);
  table.write("late", [5]);
  table.append(3);
  expect(rows(table, "late")).toEqual([[Number.NaN, 5, Number.NaN]]);
  expect(table.group("never")).toBeUndefined();
});

it("forgets a group that has been silent for the whole window", () => {
  const table = new TimeTable(2);
  table.append(1);
  table.write("gone", [1]);
  for (let at = 2; at < 8; at += 1) {
    table.append(at);
    table.write("stays", [at]);
  }
  expect(table.groups).toEqual(["stays"]);
});

it("is empty at first", () => {
  expect(new TimeTable(2).newest).toBe(Number.NEGATIVE_INFINITY);
});
