import type { RunState, RunSummary } from "@berth/shared/api/runs";
import { expect, it } from "vitest";
import { endKey, failedRuns } from "./failed-runs.ts";
import { runOf } from "./fixtures.ts";

const run = (id: number, state: RunState, kind = "apply"): RunSummary => ({ ...runOf(id, state), kind });
const failed = (runs: readonly RunSummary[], looked: readonly RunSummary[] = []) =>
  failedRuns(runs, new Set(looked.map(endKey))).map(({ id }) => id);

it("tells of a run that failed, whatever runs of other kinds come after it", () => {
  expect(
    failed([run(4, "running", "backup.create"), run(3, "succeeded", "instance.restart"), run(2, "failed")]),
  ).toEqual([2]);
  expect(failed([run(3, "failed", "upgrade"), run(2, "failed")])).toEqual([3, 2]);
});

it("tells no more of it once one of its kind goes on or succeeded", () => {
  expect(failed([run(3, "running"), run(2, "failed")])).toEqual([]);
  expect(failed([run(3, "succeeded"), run(2, "failed")])).toEqual([]);
});

it("tells of the newest that failed, and passes by one that was cancelled", () => {
  expect(failed([run(3, "failed"), run(2, "failed")])).toEqual([3]);
  expect(failed([run(3, "cancelled"), run(2, "failed")])).toEqual([2]);
});

it("tells no more of what somebody has looked at, nor of what came before that", () => {
  expect(failed([run(3, "failed"), run(2, "failed")], [run(3, "failed")])).toEqual([]);
});

it("tells of it again when it was resumed and has failed once more", () => {
  const anew = { ...run(3, "failed"), endedAt: "2026-11-25T06:00:00.000Z" };
  expect(failed([anew], [run(3, "failed")])).toEqual([3]);
});
