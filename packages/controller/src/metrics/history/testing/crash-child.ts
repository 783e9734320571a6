/**
 * Writes a history into the given directory until it is killed, for crash.test.ts: each sample's CPU is its number. Says
 * how many samples were flushed, and what it does next.
 */
import { join } from "node:path";
import { defaultHistory } from "@berth/shared/fleet/metrics";
import { openHistory } from "../history.ts";
import { second, start } from "./samples.ts";

const directory = process.argv[2] ?? "";
let number = Number(process.argv[3] ?? "0");
let now = start + number * 1000;
/** Eight of them write less than a day: what is older is kept in coarser steps only, on however fast a machine. */
const last = number + 6000;
const quiet = () => undefined;
const history = openHistory({
  file: join(directory, "metrics.sqlite"),
  settings: () => defaultHistory,
  recent: () => [],
  recentSince: () => undefined,
  logger: { info: quiet, warn: quiet, error: quiet },
  clock: { now: () => now },
  isTimed: false,
});
while (number < last) {
  for (const end = number + 60; number < end; number += 1) history.add(second(start + number * 1000, number));
  now = start + number * 1000;
  history.flush();
  process.stdout.write(`${number}\n`);
  await history.keepHouse();
}
setInterval(quiet, 60_000);
