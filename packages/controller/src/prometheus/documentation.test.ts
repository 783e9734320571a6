/** docs/metrics.md lists what is exported, neither more nor less. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { definitions } from "./definitions.ts";
import { expose } from "./exposition.ts";
import { processRegistry } from "./process-metrics.ts";
import { testSnapshot } from "./testing/snapshot.ts";

const documented = readFileSync(new URL("../../../../docs/metrics.md", import.meta.url), "utf8").split("\n");

test("each series of the fleet, with its type, labels, unit and HELP", () => {
  const rows = Object.entries(definitions).map(
    ([name, { type, labels, unit, help }]) => `| \`${name}\` | ${type} | ${labels.join(", ")} | ${unit} | ${help} |`,
  );
  expect(documented.filter((line) => line.startsWith("| `berth_"))).toEqual(rows);
});

test("each series of the controller's own process", async () => {
  const rows = (await processRegistry().getMetricsAsJSON())
    .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`)
    .toSorted();
  expect(documented.filter((line) => /^\| `(?:process|nodejs)_/.test(line))).toEqual(rows);
});

test("what is documented is exported, under that very HELP", async () => {
  const text = await (await expose(testSnapshot())).write();
  const exported = [...text.matchAll(/^# HELP (?<name>\S+) (?<help>.*)$/gm)].map(({ groups }) => [
    groups?.["name"],
    groups?.["help"],
  ]);
  expect(exported).toEqual(Object.entries(definitions).map(([name, { help }]) => [name, help]));
  const series = new Set([...text.matchAll(/^(?<name>[a-z_]+)\{/gm)].map(({ groups }) => groups?.["name"]));
  expect([...series].toSorted()).toEqual(Object.keys(definitions).toSorted());
});
