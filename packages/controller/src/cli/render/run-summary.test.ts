import { expect, test } from "vitest";
import { run, step } from "../testing/fixtures.ts";
import { testTime } from "../testing/terminal.ts";
import { runSummaryLines } from "./run-summary.ts";
import { plainStyle } from "./style.ts";

function failedPull(node: string, reason: string) {
  return step({
    id: `image.ensure/${node}/n8n`,
    kind: "image.ensure",
    node,
    target: "n8n:9",
    state: "failed",
    attempt: 1,
    error: {
      code: "image.not-found",
      message: `image.ensure of n8n:9 on node ${node} failed: ${reason}`,
      hint: "Look.",
    },
  });
}

test("the same failure on several nodes is one sentence", () => {
  const steps = [
    failedPull("user1", "manifest unknown"),
    failedPull("user2", "manifest unknown"),
    failedPull("user3", "access denied"),
    failedPull("user4", "manifest unknown"),
  ];
  const ended = run(steps, { state: "failed", endedAt: "2026-11-24T06:31:09.000Z" });
  expect(runSummaryLines(ended, testTime, plainStyle)).toEqual([
    "✗ pull image n8n:9  on user1, user2, user4",
    "  image.not-found: image.ensure of n8n:9 failed: manifest unknown",
    "  hint: Look.",
    "✗ pull image n8n:9  on user3",
    "  image.not-found: image.ensure of n8n:9 on node user3 failed: access denied",
    "  hint: Look.",
    "Run 12 failed after 9.0s: 4 failed.",
  ]);
});
