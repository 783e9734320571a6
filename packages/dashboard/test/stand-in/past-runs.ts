import type { RunSummary } from "@berth/shared/api/runs";

/** Runs that are over, newest first. */
export function pastRuns(now: number): RunSummary[] {
  const counts = { waiting: 0, running: 0, succeeded: 16, failed: 0, cancelled: 0, skipped: 0 };
  const ended = (id: number, hoursAgo: number, seconds: number): RunSummary => ({
    id,
    kind: id % 4 === 0 ? "node.add" : "apply",
    account: "admin",
    state: "succeeded",
    createdAt: new Date(now - hoursAgo * 3_600_000).toISOString(),
    endedAt: new Date(now - hoursAgo * 3_600_000 + seconds * 1000).toISOString(),
    counts,
  });
  return [
    ended(11, 3, 74),
    { ...ended(10, 26, 41), state: "failed", counts: { ...counts, succeeded: 11, failed: 1, skipped: 4 } },
    ended(9, 27, 8),
    ended(8, 51, 212),
  ];
}
