import { expect, test } from "vitest";
import { run, step } from "../testing/fixtures.ts";
import { testTime } from "../testing/terminal.ts";
import { progressLogLines } from "./progress-log.ts";

const waiting = step();
const started = step({ state: "running", attempt: 1, startedAt: "2026-11-24T06:31:04.000Z" });
const done = { ...started, state: "succeeded" as const, endedAt: "2026-11-24T06:31:11.500Z" };

test("each change of a step is one line with the time at which it happened, and its node", () => {
  expect(progressLogLines(undefined, run([waiting]), testTime)).toEqual([]);
  expect(progressLogLines(run([waiting]), run([started]), testTime)).toEqual([
    "06:31:04 user1: create instance user1-n8n: started",
  ]);
  expect(progressLogLines(run([started]), run([started]), testTime)).toEqual([]);
  expect(progressLogLines(run([started]), run([done]), testTime)).toEqual([
    "06:31:11 user1: create instance user1-n8n: done in 7.5s",
  ]);
});

test("a run that comes into sight late is told in the order and with the times of what happened", () => {
  const earlier = { startedAt: "2026-11-23T23:59:50.000Z", endedAt: "2026-11-23T23:59:55.000Z" };
  const steps = [started, { ...done, id: "b", target: "b" }, { ...done, ...earlier, id: "c", target: "c" }];
  expect(progressLogLines(undefined, run(steps), testTime)).toEqual([
    "2026-11-23 23:59:55 user1: create instance c: done in 5.0s",
    "06:31:04 user1: create instance user1-n8n: started",
    "06:31:11 user1: create instance b: done in 7.5s",
  ]);
});

test("a retry says why, a failure too", () => {
  const why = "Attempt 1 failed: the Docker engine does not answer; trying again in 0.8 s";
  const again = { ...started, attempt: 2, progress: why };
  const failed = step({
    state: "failed",
    endedAt: "2026-11-24T06:31:10.000Z",
    error: { code: "docker.failed", message: "no such image" },
  });
  expect(progressLogLines(run([started]), run([again]), testTime)).toEqual([
    `06:31:12 user1: create instance user1-n8n: ${why}`,
  ]);
  expect(progressLogLines(run([waiting]), run([{ ...again, progress: "pulling" }]), testTime)).toEqual([
    "06:31:04 user1: create instance user1-n8n: started, attempt 2",
  ]);
  expect(progressLogLines(run([again]), run([failed]), testTime)).toEqual([
    "06:31:10 user1: create instance user1-n8n: failed: no such image",
  ]);
});
