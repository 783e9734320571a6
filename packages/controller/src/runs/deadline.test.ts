import { setImmediate as immediate } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { startPlan, useRunners } from "./test-fixtures.ts";
import { imageOperation, imageResult, planOf } from "./test-plans.ts";

const fixture = useRunners();

describe("deadline", () => {
  test.each([
    ["listens to the signal", true],
    ["ignores the signal", false],
  ])("ends an attempt whose handler %s", async (_, listens) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let calls = 0;
    const runner = fixture.runnerWith(
      ({ signal, log }) => {
        calls += 1;
        log("waiting for the registry");
        return new Promise((_resolve, reject) => {
          if (listens) signal.addEventListener("abort", () => reject(signal.reason));
        });
      },
      { graceSeconds: 5, retry: { attempts: 2, minMilliseconds: 1000 } },
    );
    const id = await startPlan(runner, planOf(imageOperation("slow")));
    const ended = runner.wait(id);
    for (let minutes = 0; minutes < 65; minutes += 1) {
      await vi.advanceTimersByTimeAsync(60_000);
      await immediate();
    }
    const [step] = (await ended).steps;
    expect(step?.error?.code).toBe("deadline.exceeded");
    expect(step?.error?.message).toContain("its deadline of 1800 s; its last line was: waiting for the registry");
    // One that may still be at work is not started a second time.
    expect(calls).toBe(listens ? 2 : 1);
  });

  test("what a handler achieved although it was told to stop counts", async () => {
    const runner = fixture.runnerWith(
      ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(imageResult))),
    );
    const id = await startPlan(runner, planOf(imageOperation("a")));
    const ended = await runner.cancel(id, "admin");
    expect(ended).toMatchObject({ state: "succeeded", counts: { succeeded: 1 } });
  });
});
