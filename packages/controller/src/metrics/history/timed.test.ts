import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultHistory } from "@berth/shared/fleet/metrics";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { HistoryFile } from "./history-file.ts";
import { type History, openHistory } from "./history.ts";
import { second, start } from "./testing/samples.ts";

const directory = mkdtempSync(join(tmpdir(), "berth-history-timed-"));
afterEach(() => vi.useRealTimers());
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Timed {
  history: History;
  add: (nodes: number) => void;
  /** How many groups are on disk when so many seconds have passed since it was opened. */
  groupsAfter: (seconds: number) => number;
}

function openTimed(file: string): Timed {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
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
  return {
    history,
    add: (nodes) => {
      for (let node = 0; node < nodes; node += 1) history.add(second(start + elapsed, 1, { node: `node${node}` }));
    },
    groupsAfter: (seconds) => {
      for (; elapsed < seconds * 1000; elapsed += 1000) vi.advanceTimersByTime(1000);
      if (!existsSync(file)) return 0;
      const stored = new HistoryFile(file);
      const count = stored.groups().length;
      stored.close();
      return count;
    },
  };
}

it("writes by itself: what is a minute old is on disk, of every group", async () => {
  const { history, add, groupsAfter } = openTimed(join(directory, "metrics.sqlite"));
  add(1000);
  expect(groupsAfter(29)).toBe(0);
  const soon = groupsAfter(35);
  expect(soon).toBeGreaterThan(0);
  expect(soon).toBeLessThan(1000);
  expect(groupsAfter(60)).toBe(2000);
  await history.close();
});

it("writes what had to wait bit by bit when it can: nobody has to wait for all of it", async () => {
  const blocked = join(directory, "blocked");
  writeFileSync(blocked, "");
  const { history, add, groupsAfter } = openTimed(join(blocked, "metrics.sqlite"));
  for (let step = 0; step < 200; step += 1) {
    add(150);
    groupsAfter((step + 1) * 10);
  }
  expect(history.status().problem).toMatch(/could not be opened/);
  rmSync(blocked);
  let seconds = 2000;
  while (groupsAfter(seconds) === 0) seconds += 1;
  expect(seconds).toBeLessThanOrEqual(2031);
  // What comes meanwhile changes nothing of that.
  add(150);
  const first = groupsAfter(seconds);
  expect(first).toBeLessThanOrEqual(64);
  expect(groupsAfter(seconds + 1)).toBeLessThanOrEqual(first + 64);
  expect(groupsAfter(seconds + 10)).toBe(300);
  await history.close();
});
