import { expect, it } from "vitest";
import type { Attention } from "./attention.ts";
import { instanceOf, nodeOf } from "./fixtures.ts";
import { type Section, sectionsByAttention, sectionsByNode, sectionsByWeight } from "./fleet-order.ts";

const nodes = ["a", "b", "c"].map((name) => nodeOf(name));
const instances = ["a-1", "a-2", "b-1", "b-2", "c-1"].map((name) => instanceOf(name, name.slice(0, 1)));

function rows(sections: readonly Section[]): string[] {
  return sections.map((section) => [...section.nodes, ...section.instances].map(({ name }) => name).join(" "));
}

function item(href: string, severity: Attention["severity"]): Attention {
  return { key: href, severity, subject: href, href, text: "" };
}

it("keeps the fleet's order while all is well", () => {
  expect(rows(sectionsByNode(nodes, instances))).toEqual(["a a-1 a-2", "b b-1 b-2", "c c-1"]);
  expect(sectionsByAttention(nodes, instances, [])).toEqual(sectionsByNode(nodes, instances));
});

it("has broken nodes with all on them first, then instances by how bad it is, then nodes to be warned of", () => {
  const items = [
    item("/nodes/c", "problem"),
    item("/instances/b-2", "problem"),
    item("/instances/a-1", "warning"),
    item("/instances/a-2", "problem"),
    item("/instances/a-2", "warning"),
    item("/nodes/b", "warning"),
    item("/runs/7", "problem"),
  ];
  const sections = sectionsByAttention(nodes, instances, items);
  expect(rows(sections)).toEqual(["c c-1", "a-2 b-2 a-1", "b b-1", "a"]);
  expect(sections.map(({ above }) => above)).toEqual([0, 0, 1, 2]);
  // However the items come.
  expect(rows(sectionsByAttention(nodes, instances, items.toReversed()))).toEqual(rows(sections));
});

it("leaves what weighs the same in the fleet's order, and has nodes apart from instances", () => {
  const weights: Record<string, number> = { b: 3, c: 3, a: 1, "c-1": 9, "b-2": 2 };
  expect(rows(sectionsByWeight(nodes, instances, ({ name }) => weights[name] ?? -1))).toEqual([
    "c-1 b-2 a-1 a-2 b-1",
    "b c a",
  ]);
});
