import { describe, expect, test, vi } from "vitest";
import { BerthError } from "@berth/shared/errors";
import { currentFleet, saveFleet } from "../inventory/fleet.ts";
import { carryOutPlan, createGates, startPlan, statesOf, useRunners } from "./test-fixtures.ts";
import { imageOperation, imageResult, planOf } from "./test-plans.ts";

const fixture = useRunners();

describe("cancelling and resuming", () => {
  test("cancels what has not ended; resuming carries on with the same operation ids", async () => {
    const gate = createGates();
    const ids = new Map<string, Set<string>>();
    const runner = fixture.runnerWith((context) => {
      const seen = ids.get(context.input.image) ?? new Set();
      ids.set(context.input.image, seen.add(context.operationId));
      return gate.handler(context);
    });
    const plan = planOf(imageOperation("a"), imageOperation("b", ["a"]), imageOperation("c", ["b"]));
    const id = await startPlan(runner, plan);
    await gate.started("a");
    gate.open("a");
    await gate.started("b");
    const cancelled = await runner.cancel(id, "eve");
    expect(cancelled.state).toBe("cancelled");
    expect(statesOf(cancelled)).toEqual({ a: "succeeded", b: "cancelled", c: "cancelled" });
    expect(cancelled.steps[1]?.error).toEqual({ code: "cancelled", message: "Cancelled by eve" });
    expect(await runner.cancel(id, "eve")).toEqual(cancelled);

    gate.contexts.clear();
    await runner.resume(id);
    await gate.started("b");
    expect(gate.contexts.get("b")?.attempt).toBe(2);
    gate.open("b");
    await gate.started("c");
    gate.open("c");
    expect(statesOf(await runner.wait(id))).toEqual({ a: "succeeded", b: "succeeded", c: "succeeded" });
    expect([...ids.values()].map((seen) => seen.size)).toEqual([1, 1, 1]);
  });

  test("cancelling does not wait for a handler that ignores it", async () => {
    const runner = fixture.runnerWith(() => new Promise(() => undefined));
    const id = await startPlan(runner, planOf(imageOperation("a")));
    expect((await runner.cancel(id, "admin")).state).toBe("cancelled");
  });

  test("cancelling ends the pause between attempts", async () => {
    const runner = fixture.runnerWith(() => Promise.reject(new BerthError("node.offline", "away")), {
      retry: { minMilliseconds: 600_000, maxMilliseconds: 600_000 },
    });
    const id = await startPlan(runner, planOf(imageOperation("a")));
    await vi.waitFor(async () => expect((await runner.get(id)).steps[0]?.attempt).toBe(2));
    expect((await runner.cancel(id, "admin")).state).toBe("cancelled");
  });

  test("a second run is refused, with the first one's name, account and age", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(gate.handler);
    const started = await runner.start({ plan: planOf(imageOperation("a")), kind: "apply", account: "eve" });
    const second = runner.start({ plan: planOf(imageOperation("b")), kind: "apply", account: "admin" });
    await expect(second).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/^Run 1 \(apply, started by eve \d s ago\) is still under way$/),
    });
    gate.open("a");
    await runner.wait(started?.id ?? 0);
    expect(
      (
        await carryOutPlan(
          fixture.runnerWith(() => Promise.resolve(imageResult)),
          planOf(imageOperation("b")),
        )
      ).state,
    ).toBe("succeeded");
  });

  test("of many asked for at once, one run is begun", async () => {
    const runner = fixture.runnerWith(createGates().handler);
    const asked = Array.from({ length: 8 }, (_, index) =>
      runner.start({ plan: planOf(imageOperation(`i${index}`)), kind: "apply", account: "admin" }),
    );
    const answers = await Promise.allSettled(asked);
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await runner.list()).toHaveLength(1);
  });

  test("an older run is not resumed: it would undo what came after it", async () => {
    let fail = true;
    const runner = fixture.runnerWith(() =>
      fail ? Promise.reject(new BerthError("proxmox.refused", "no")) : Promise.resolve(imageResult),
    );
    const first = await carryOutPlan(runner, planOf(imageOperation("a")));
    fail = false;
    const second = await carryOutPlan(runner, planOf(imageOperation("b")));
    await expect(runner.resume(first.id)).rejects.toMatchObject({ code: "conflict" });
    expect(await runner.resume(second.id)).toEqual(second);
    await expect(runner.resume(99)).rejects.toMatchObject({ code: "not-found" });
  });

  test("the desired state is written with the run, or not at all", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(gate.handler);
    const start = (yaml: string) =>
      runner.start({
        plan: planOf(imageOperation("a")),
        kind: "apply",
        account: "admin",
        alongside: async (transaction) => void (await saveFleet(transaction, { file: "f", yaml, account: "admin" })),
      });
    await start("first");
    await expect(start("second")).rejects.toMatchObject({ code: "conflict" });
    expect((await currentFleet(fixture.inventory.database))?.yaml).toBe("first");
  });
});
