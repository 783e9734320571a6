import { setImmediate as immediate } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { BerthError } from "@berth/shared/errors";
import { carryOutPlan, createGates, startPlan, statesOf, useRunners } from "./test-fixtures.ts";
import { imageOperation, imageResult, planOf } from "./test-plans.ts";

const fixture = useRunners();

describe("failure", () => {
  test("skips only what depends on it; its error says what, where, why and what to do", async () => {
    const runner = fixture.runnerWith(({ input }) =>
      input.image === "bad"
        ? Promise.reject(new BerthError("image.unavailable", "no such tag", { hint: "Check the version." }))
        : Promise.resolve(imageResult),
    );
    const plan = planOf(
      imageOperation("bad"),
      imageOperation("needs-bad", ["bad"]),
      imageOperation("needs-needs-bad", ["needs-bad", "good"]),
      imageOperation("good", [], "user2"),
      imageOperation("needs-good", ["good"], "user2"),
    );
    const ended = await carryOutPlan(runner, plan);
    expect(ended.state).toBe("failed");
    expect(statesOf(ended)).toEqual({
      bad: "failed",
      "needs-bad": "skipped",
      "needs-needs-bad": "skipped",
      good: "succeeded",
      "needs-good": "succeeded",
    });
    expect(ended.steps[0]?.error).toEqual({
      code: "image.unavailable",
      message: "image.ensure of bad on node user1 failed after 3 attempts: no such tag",
      hint: "Check the version.",
    });
    expect(ended.steps[2]?.progress).toBe("Needs image.ensure of bad on node user1, which failed");
    expect(await runner.get(ended.id)).toEqual(ended);
  });

  test("is tried again when the error is worth it, and only then", async () => {
    const attempts: number[] = [];
    const runner = fixture.runnerWith(({ input, attempt }) => {
      attempts.push(attempt);
      if (input.image === "final") return Promise.reject(new BerthError("proxmox.refused", "not allowed"));
      return attempt < 3 ? Promise.reject(new BerthError("node.offline", "away")) : Promise.resolve(imageResult);
    });
    const ended = await carryOutPlan(runner, planOf(imageOperation("passing"), imageOperation("final", ["passing"])));
    expect(statesOf(ended)).toEqual({ passing: "succeeded", final: "failed" });
    expect(attempts).toEqual([1, 2, 3, 1]);
    const lines = (await runner.logs(ended.id)).map(({ line }) => line);
    expect(lines[0]).toMatch(/^Attempt 1 failed: away; trying again in 0\.0 s$/);
  });

  test("of a store or a Docker engine, which come back by themselves, is met with more patience", async () => {
    const attempts: number[] = [];
    const runner = fixture.runnerWith(({ attempt }) => {
      attempts.push(attempt);
      return attempt < 6 ? Promise.reject(new BerthError("store.failed", "it starts")) : Promise.resolve(imageResult);
    });
    expect((await carryOutPlan(runner, planOf(imageOperation("a")))).state).toBe("succeeded");
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("an image that does not exist is not looked for again", async () => {
    let attempts = 0;
    const runner = fixture.runnerWith(() => {
      attempts += 1;
      return Promise.reject(new BerthError("image.not-found", "manifest unknown"));
    });
    expect((await carryOutPlan(runner, planOf(imageOperation("a")))).state).toBe("failed");
    expect(attempts).toBe(1);
  });

  test("pauses grow between attempts", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const times: number[] = [];
    let clock = 0;
    const runner = fixture.runnerWith(
      () => {
        times.push(clock);
        return Promise.reject(new BerthError("node.offline", "away"));
      },
      { retry: { attempts: 4, minMilliseconds: 1000, maxMilliseconds: 3000 } },
    );
    const id = await startPlan(runner, planOf(imageOperation("a")));
    const ended = runner.wait(id);
    for (; clock < 10_000; clock += 50) {
      await vi.advanceTimersByTimeAsync(50);
      await immediate();
    }
    expect((await ended).state).toBe("failed");
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const [index, longest] of [1000, 2000, 3000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(longest / 2 - 50);
      expect(pauses[index]).toBeLessThanOrEqual(longest + 150);
    }
  });

  test("a handler that throws something else, or answers nonsense, is a mistake of Berth and not tried again", async () => {
    const calls: string[] = [];
    const runner = fixture.runnerWith(({ input }) => {
      calls.push(input.image);
      if (input.image === "throws") throw new TypeError("x is undefined");
      return Promise.resolve(JSON.parse('{"pulled":"yes"}'));
    });
    const ended = await carryOutPlan(runner, planOf(imageOperation("throws"), imageOperation("nonsense")));
    expect(ended.steps.map((step) => step.error?.code)).toEqual(["internal", "internal"]);
    expect(calls.toSorted()).toEqual(["nonsense", "throws"]);
  });

  test("of a node that hangs holds up no other node", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(
      (context) => (context.node === "hangs" ? gate.handler(context) : Promise.resolve(imageResult)),
      { concurrency: { perNode: 4, pullsPerHost: 16 } },
    );
    const hanging = Array.from({ length: 6 }, (_, index) => imageOperation(`hang${index}`, [], "hangs"));
    const others = Array.from({ length: 20 }, (_, index) => imageOperation(`other${index}`, [], "works"));
    const id = await startPlan(runner, planOf(...hanging, ...others));
    await vi.waitFor(async () => expect((await runner.get(id)).counts.succeeded).toBe(20));
    expect((await runner.get(id)).counts).toMatchObject({ running: 4, waiting: 2 });
  });
});
