/** Each panel of Grafana gets its number: Debian's Prometheus is asked, which has scraped a controller. */
import { dashboards } from "@berth/shared/catalog/grafana/dashboards";
import { refIdOf } from "@berth/shared/catalog/grafana/tables";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectedPanels, type About, type Expected } from "./testing/expected-panels.ts";
import { day, startMonitored, type Monitored } from "./testing/monitored.ts";
import type { QueriedSeries } from "./testing/server.ts";

let monitored: Monitored;

beforeAll(async () => {
  monitored = await startMonitored();
});
afterAll(async () => {
  await monitored?.[Symbol.asyncDispose]();
});

const patience = { timeout: 20_000, interval: 250 };

const queries = dashboards.flatMap(({ title, rows }) =>
  rows.flatMap((row) =>
    row.panels.flatMap((panel) =>
      panel.queries.map(({ expression, legend }, index) => ({
        name: `${title} / ${row.title} / ${panel.title} ${refIdOf(index)}`,
        expression,
        named: [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? ""),
      })),
    ),
  ),
);

/** As Grafana does. */
function chosen(expression: string): string {
  return expression.replaceAll("$node", "user1").replaceAll("$tenant", "user1").replaceAll("$__rate_interval", "5s");
}

/** Labels that tell the series of a panel apart, the most telling first. What has no instance gets the controller's address. */
const telling = [
  "alertname",
  "mountpoint",
  "volume",
  "what",
  "database",
  "collection",
  "bucket",
  "container",
  "instance",
  "state",
  "owner",
  "tenant",
];

function labelOf(metric: Record<string, string>): string {
  const label = [...telling, "node"].find((name) => metric[name] !== undefined && !metric[name].includes(":"));
  return metric[label ?? ""] ?? "";
}

describe("each panel", () => {
  test("is in the table of what is expected, and the other way round", () => {
    expect(queries.map(({ name }) => name).toSorted()).toEqual(Object.keys(expectedPanels).toSorted());
  });

  test.each(queries)("$name", async ({ name, expression, named }) => {
    const wanted = expectedPanels[name];
    if (wanted === undefined) throw new Error("Nothing is said of it");
    await expect
      .poll(async () => {
        const numbers = typeof wanted === "function" ? wanted() : wanted;
        const found = await monitored.server.query(chosen(expression));
        const nameless = found.filter(({ metric }) => named.some((label) => metric[label] === undefined));
        return [...differences(numbers, found), ...nameless];
      }, patience)
      .toEqual([]);
  });
});

/** Where the two are not the same, but for the time that has passed. */
function differences(wanted: Expected, found: readonly QueriedSeries[]): string[] {
  const pairs = Array.isArray(wanted) ? wanted.map((value) => ["", value] as const) : Object.entries(wanted);
  const values = found.map(({ metric, value }) => [Array.isArray(wanted) ? "" : labelOf(metric), value] as const);
  const matches = pairs.every(([label, value]) =>
    values.some(([name, other]) => name === label && isNear(value, other)),
  );
  return matches && pairs.length === values.length ? [] : [JSON.stringify({ wanted: pairs, found: values })];
}

function isNear(wanted: number | About, found: number): boolean {
  // A line through a few seconds is steeper or flatter by what was late.
  if (typeof wanted === "object") return Math.abs(wanted.about - found) <= wanted.about * 0.1;
  return Math.abs(wanted - found) <= Math.abs(wanted) * 1e-6 + (wanted > day ? 300 : 0);
}
