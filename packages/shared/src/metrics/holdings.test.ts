import { expect, test } from "vitest";
import { heldColumns, holdingColumns, isColumnOf, isHoldingColumn } from "./holdings.ts";

test("each column is one kind's, rows are of databases, and a kind of a newer version has none", () => {
  const kinds = ["database", "bucket", "collection", "file-system", "volume"];
  for (const column of [...holdingColumns, "rows", "rows:executions"]) {
    expect(isHoldingColumn(column)).toBe(true);
    expect([column, kinds.filter((kind) => isColumnOf(kind, column)).length]).toEqual([column, 1]);
  }
  expect(isColumnOf("database", "rows:executions")).toBe(true);
  expect(kinds.filter((kind) => isColumnOf(kind, "cpuCores"))).toEqual([]);
  expect(holdingColumns.filter((column) => isColumnOf("disk", column))).toEqual([]);
});

test("what is a node's alone is not among what tenants and instances have", () => {
  expect(heldColumns).toEqual(["databaseBytes", "bucketBytes", "objects", "points", "volumeBytes"]);
});
