import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultHistory } from "@berth/shared/fleet/metrics";
import { afterEach, expect, it, vi } from "vitest";
import { HistoryFile } from "./history-file.ts";
import { openHistory } from "./history.ts";
import { second, start } from "./testing/samples.ts";

const directory = mkdtempSync(join(tmpdir(), "berth-history-timed-"));
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

it("writes by itself: what is a minute old is on disk, of every group", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const file = join(directory, "metrics.sqlite");
  const quiet = () => undefined;
  let elapsed = 0;
  const history = openHistory({
    file,
    settings: () => defaultHistory,
    recent: () => [],
    recentSince: () => undefined,
    logger: { info: quiet, warn: quiet, error: quiet },
    clock: { now: () => start + elapsed },
    elapsed: () => elapsed,
  });
  for (let node = 0; node < 1000; node += 1) history.add(second(start, 1, { node: `node${node}` }));
  const groupsAfter = (seconds: number): number => {
    for (; elapsed < seconds * 1000; elapsed += 1000) vi.advanceTimersByTime(1000);
    const stored = new HistoryFile(file);
    const count = stored.groups().length;
    stored.close();
    return count;
  };
  expect(groupsAfter(29)).toBe(0);
  const soon = groupsAfter(35);
  expect(soon).toBeGreaterThan(0);
  expect(soon).toBeLessThan(1000);
  expect(groupsAfter(60)).toBe(2000);
  await history.close();
});
