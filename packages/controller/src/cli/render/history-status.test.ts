import type { HistoryStatus } from "@berth/shared/metrics/history";
import { expect, it } from "vitest";
import { historyStatusLines } from "./history-status.ts";
import { plainStyle } from "./style.ts";

const now = Date.parse("2026-11-24T12:00:00Z");
const options = { style: plainStyle, columns: 200, fit: Infinity, now };
const well: HistoryStatus = {
  bytes: 13 * 1024 ** 2,
  maxBytes: 2 * 1024 ** 3,
  resolutions: [
    { seconds: 10, days: 1, since: "2026-11-23T12:00:00Z" },
    { seconds: 900, days: 396, since: "2026-11-14T06:00:00Z" },
  ],
  problem: null,
  setAside: null,
};

it("says how far it reaches back, and what that takes", () => {
  expect(historyStatusLines(undefined, options)).toEqual([]);
  expect(historyStatusLines(well, options)).toEqual([
    "The metrics' last 10d 06h take 13.0 MiB of at most 2 GiB on disk.",
  ]);
  expect(historyStatusLines({ ...well, resolutions: [] }, options)).toEqual([
    "The history of metrics begins: 13.0 MiB of at most 2 GiB on disk.",
  ]);
});

it("warns while nothing is written, and of a file that was damaged", () => {
  const lines = historyStatusLines({ ...well, problem: "No room", setAside: "/var/lib/berth/m.damaged-1" }, options);
  expect(lines.slice(1)).toEqual([
    "warning: No room.",
    "warning: the history of metrics was damaged and has begun anew; remove /var/lib/berth/m.damaged-1 when it is of no use.",
  ]);
});
