/**
 * Fills a history in the given directory with 13 months of a tenant's containers, as they are kept by default, and says
 * what they take on disk and how long charts of them take. For `berth bench`; prints one JSON object.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { defaultHistory } from "@berth/shared/fleet/metrics";
import { startOf } from "../gathered.ts";
import { openHistory } from "../history.ts";
import type { Group } from "../pending.ts";
import { fillHistory } from "./fill.ts";

const containers = 10;
const rounds = 7;
const points = 800;
const file = join(process.argv[2] ?? "", "metrics.sqlite");
const now = startOf(Date.parse("2026-11-24T12:00:00Z"), 900_000);
const day = 86_400_000;

const names = Array.from({ length: containers }, (_, index) => `user1-service${index}`);
const samples = fillHistory(
  file,
  names.map((name) => ({ node: "user1", container: name, instance: name })),
  now,
);
const bytes = statSync(file).size;

const quiet = () => undefined;
const history = openHistory({
  file,
  settings: () => defaultHistory,
  recent: () => [],
  recentSince: () => undefined,
  logger: { info: quiet, warn: quiet, error: quiet },
  clock: { now: () => now },
  isTimed: false,
});
const charts = {
  container: measure(({ container }) => (container === names[0] ? container : undefined)),
  tenant: measure(() => "user1"),
};
await history.close();
process.stdout.write(`${JSON.stringify({ bytes, samples, containers, ...charts })}\n`);

/** Milliseconds of one chart over everything, the median. */
function measure(nameOf: (group: Group) => string | undefined): number {
  const taken = Array.from({ length: rounds }, () => {
    const begun = performance.now();
    const { series } = history.read({
      ...{ nameOf, columns: ["cpuCores", "memoryBytes"], from: now - 395 * day, to: now, points },
    });
    if (series[0]?.columns["cpuCores"]?.average.includes(null) !== false) throw new Error("The chart has gaps");
    return performance.now() - begun;
  });
  return taken.toSorted((one, other) => one - other)[Math.floor(rounds / 2)] ?? Number.NaN;
}
