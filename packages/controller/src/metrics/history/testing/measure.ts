/**
 * Fills a history in the given directory with 13 months of a tenant's containers, as they are kept by default, and says
 * what they take on disk and how long charts of them take. For `berth bench`; prints one JSON object.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { defaultHistory } from "@berth/shared/fleet/metrics";
import { containerColumns } from "@berth/shared/metrics/samples";
import { packBlock } from "../block.ts";
import { spanOf } from "../fold.ts";
import { Gathered, startOf } from "../gathered.ts";
import { HistoryFile } from "../history-file.ts";
import { openHistory } from "../history.ts";
import type { Group } from "../pending.ts";
import { simulateContainer } from "./series.ts";

const containers = 10;
const rounds = 7;
/** Samples of a step, at most: more would make it smoother, and easier to pack. */
const mostSamples = 30;
const points = 800;
const file = join(process.argv[2] ?? "", "metrics.sqlite");
const now = startOf(Date.parse("2026-11-24T12:00:00Z"), 900_000);
const day = 86_400_000;

const names = Array.from({ length: containers }, (_, index) => `user1-service${index}`);
let samples = 0;
const stored = new HistoryFile(file);
for (const { seconds, days } of defaultHistory.resolutions) {
  for (const [index, name] of names.entries())
    fill(name, simulateContainer(index + seconds), seconds * 1000, now - days * day);
}
stored.close();
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

function fill(container: string, sample: (at: number) => number[], step: number, from: number): void {
  const span = spanOf(step);
  const spacing = Math.max(1000, step / mostSamples);
  for (let start = startOf(from, span); start < now; start += span) {
    const gathered = new Gathered(start, step, span / step);
    const curves = containerColumns.map((column) => gathered.curve(column));
    for (let at = Math.max(start, from); at < Math.min(start + span, now); at += spacing) {
      const place = gathered.stepOf(at) ?? 0;
      gathered.count(place, 1);
      for (const [index, value] of sample(at).entries()) {
        const curve = curves[index];
        if (curve !== undefined) gathered.add(curve, place, value, value, 1);
      }
    }
    samples += gathered.counts.filter((count) => count > 0).length * containerColumns.length;
    const group = { node: "user1", container, instance: container };
    stored.transaction(() =>
      stored.store(group, { from: start, stepMilliseconds: step, data: packBlock(gathered, stored) }),
    );
  }
}

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
