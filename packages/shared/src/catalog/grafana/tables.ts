/** What a table needs beside its queries: Grafana makes a table of each, with the labels and the value as columns. */
import type { Panel } from "./panels.ts";
import { thresholdsOf } from "./thresholds.ts";

/** Grafana tells values of several queries apart by their letters. */
function columnOf({ queries }: Panel, index: number): string {
  return queries.length > 1 ? `Value #${refIdOf(index)}` : "Value";
}

export function refIdOf(index: number): string {
  return String.fromCodePoint(65 + index);
}

/** Units of columns; a value is coloured once it is bad, and labels are not. */
export function overrides(panel: Panel) {
  return panel.queries.flatMap(({ unit, badFrom }, index) => {
    const isColoured = badFrom !== undefined || panel.badFrom !== undefined;
    const properties = [
      ...(unit === undefined ? [] : [{ id: "unit", value: unit }]),
      ...(badFrom === undefined ? [] : [{ id: "thresholds", value: thresholdsOf({ badFrom }) }]),
      ...(isColoured ? [{ id: "custom.cellOptions", value: { type: "color-text" } }] : []),
    ];
    return properties.length === 0 ? [] : [{ matcher: { id: "byName", options: columnOf(panel, index) }, properties }];
  });
}

/** Lines of the same labels become one; what says the same in each line is left out. */
export function transformations(panel: Panel) {
  const { queries, labelsOnly } = panel;
  const left = ["Time", "__name__", "job", "fleet", "alertstate", ...(labelsOnly === true ? ["Value"] : [])];
  const excludeByName = Object.fromEntries(left.map((name) => [name, true]));
  const named = queries.map(({ legend }, index) => [columnOf(panel, index), legend] as const);
  const renameByName = Object.fromEntries(named.filter(([, legend]) => legend !== ""));
  return [
    ...(queries.length > 1 ? [{ id: "merge", options: {} }] : []),
    { id: "organize", options: { excludeByName, indexByName: {}, renameByName } },
  ];
}
