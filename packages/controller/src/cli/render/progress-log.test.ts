import { expect, test } from "vitest";
import { run, step } from "../testing/fixtures.ts";
import { testTime } from "../testing/terminal.ts";
import { progressLogLines } from "./progress-log.ts";

const waiting = step();
const started = step({ state: "running", attempt: 1, startedAt: "2026-11-24T06:31:04.000Z" });

test("each change of a step is one line with its time and node", () => {
  const done = { ...started, state: "succeeded" as const, endedAt: "2026-11-24T06:31:11.500Z" };
  expect(progressLogLines(undefined, run([waiting]), testTime)).toEqual([]);
  expect(progressLogLines(run([waiting]), run([started]), testTime)).toEqual([
    "06:31:12 user1: create instance user1-n8n: started",
  ]);
  expect(progressLogLines(run([started]), run([started]), testTime)).toEqual([]);
  expect(progressLogLines(run([started]), run([done]), testTime)).toEqual([
    "06:31:12 user1: create instance user1-n8n: done in 7.5s",
  ]);
});

test("a retry and a failure say so", () => {
  const again = { ...started, attempt: 2 };
  const failed = step({ state: "failed", error: { code: "docker.failed", message: "no such image" } });
  expect(progressLogLines(run([started]), run([again]), testTime)).toEqual([
    "06:31:12 user1: create instance user1-n8n: started, attempt 2",
  ]);
  expect(progressLogLines(run([again]), run([failed]), testTime)).toEqual([
    "06:31:12 user1: create instance user1-n8n: failed: no such image",
  ]);
});
