/** Grafana names the column of a table's only value `Value`, and those of several by their queries' letters. */
import { expect, test } from "vitest";
import { layOut, table, wideTable } from "./panels.ts";

function laid(panel: Parameters<typeof layOut>[0][number]["panels"][number]) {
  const json = layOut([{ title: "Row", panels: [panel] }]).at(1);
  if (json === undefined || !("targets" in json)) throw new Error("No panel was laid out");
  return json;
}

test("one value: its column is coloured from the panel's threshold on", () => {
  const { transformations, fieldConfig } = laid(table("Fill", "percentunit", "used / size", { badFrom: 0.9 }));
  expect(transformations?.map(({ id }) => id)).toEqual(["organize"]);
  expect(fieldConfig.overrides).toEqual([
    {
      matcher: { id: "byName", options: "Value" },
      properties: [{ id: "custom.cellOptions", value: { type: "color-text" } }],
    },
  ]);
});

test("several: lines of the same labels become one, and each column has a name, its unit and its threshold", () => {
  const panel = wideTable("File systems", "percentunit", [
    { expression: "used / size", legend: "Used of its size", badFrom: 0.9 },
    { expression: "size", legend: "Size", unit: "bytes" },
  ]);
  const { transformations, fieldConfig, targets } = laid(panel);
  expect(targets).toMatchObject([
    { refId: "A", format: "table", instant: true },
    { refId: "B", format: "table", instant: true },
  ]);
  expect(transformations).toMatchObject([
    { id: "merge" },
    { id: "organize", options: { renameByName: { "Value #A": "Used of its size", "Value #B": "Size" } } },
  ]);
  expect(fieldConfig.overrides).toMatchObject([
    {
      matcher: { options: "Value #A" },
      properties: [
        { id: "thresholds", value: { steps: [{ value: null }, { value: 0.9 }] } },
        { id: "custom.cellOptions" },
      ],
    },
    { matcher: { options: "Value #B" }, properties: [{ id: "unit", value: "bytes" }] },
  ]);
});
