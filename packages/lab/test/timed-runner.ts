/**
 * For `berth test --within`: no test begins after its time is over. What is left is skipped, hooks included; in a report
 * it is `pending`, where what a test leaves out by itself is `skipped`.
 */
import { type RunnerTestCase, type RunnerTestSuite, TestRunner } from "vitest";

/** Milliseconds since the epoch. */
const until = Number(process.env["BERTH_TEST_UNTIL"] ?? Number.POSITIVE_INFINITY);

export default class TimedRunner extends TestRunner {
  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    if (Date.now() > until) suite.mode = "skip";
    await super.onBeforeRunSuite(suite);
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    if (Date.now() > until) test.mode = "skip";
    await super.onBeforeRunTask(test);
  }
}
