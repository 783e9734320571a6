/** Panels ask for what the controller exports: each series by its name, each label of a series that has it. */
import { dashboards } from "@berth/shared/catalog/grafana/dashboards";
import { expect, test } from "vitest";
import { definitions } from "./definitions.ts";

const labelsOf = new Map<string, readonly string[]>(
  Object.entries(definitions).map(([name, { labels }]) => [name, labels]),
);

/** Names of series, and of the labels that are asked of every one of them. */
function parts(expression: string): { names: string[]; grouping: string[]; matched: [name: string, label: string][] } {
  const selectors = expression.matchAll(/(\w+)\{([^}]*)\}/g);
  return {
    names: expression.match(/\bberth_\w+/g) ?? [],
    grouping: [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", ")),
    matched: [...selectors].flatMap(([, name = "", list = ""]) =>
      [...list.matchAll(/(\w+)\s*(?:=|!=|=~|!~)\s*"/g)].map(([, label = ""]): [string, string] => [name, label]),
    ),
  };
}

const queries = dashboards.flatMap(({ title, rows }) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap((panel) => panel.queries.map((query) => ({ name: `${title} / ${panel.title}`, ...query }))),
  ),
);

test.each(queries)("$name: $expression", ({ expression, legend }) => {
  const { names, grouping, matched } = parts(expression);
  const inLegend = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
  // Prometheus' own, of the rules.
  if (!expression.includes("ALERTS")) expect(names).not.toEqual([]);
  expect(names.filter((name) => !labelsOf.has(name))).toEqual([]);
  for (const name of names) expect(labelsOf.get(name)).toEqual(expect.arrayContaining([...grouping, ...inLegend]));
  const ofBerth = matched.filter(([name]) => name !== "ALERTS");
  expect(ofBerth.filter(([name, label]) => labelsOf.get(name)?.includes(label) !== true)).toEqual([]);
});

test("what is chosen from are values of a label that the series has", () => {
  for (const { query } of dashboards.flatMap(({ choices }) => choices)) {
    const [, name = "", label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
    expect(labelsOf.get(name)).toContain(label);
  }
});
