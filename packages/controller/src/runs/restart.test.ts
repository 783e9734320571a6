import { describe, expect, test } from "vitest";
import { ControllerStopping } from "./handlers.ts";
import { type ImageContext, carryOutPlan, createGates, startPlan, statesOf, useRunners } from "./test-fixtures.ts";
import { imageOperation, imageResult, planOf } from "./test-plans.ts";

const fixture = useRunners();

describe("restart of the controller", () => {
  test("closing leaves what is under way to the next start, under the same id and attempt", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(gate.handler);
    const plan = planOf(imageOperation("a"), imageOperation("b", ["a"]));
    const id = await startPlan(runner, plan);
    await gate.started("a");
    const before = gate.contexts.get("a");
    const waiting = runner.wait(id);
    await Promise.all([runner.close(), expect(waiting).rejects.toMatchObject({ code: "controller.unreachable" })]);
    expect(before?.signal.reason).toBeInstanceOf(ControllerStopping);
    await expect(runner.start({ plan, kind: "apply", account: "admin" })).rejects.toThrow("is stopping");

    const after: ImageContext[] = [];
    const next = fixture.runnerWith((context) => {
      after.push(context);
      return Promise.resolve(imageResult);
    });
    expect((await next.resumeInterrupted())?.id).toBe(id);
    expect((await next.wait(id)).state).toBe("succeeded");
    expect(after.map(({ input, attempt }) => [input.image, attempt])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    expect(after[0]?.operationId).toBe(before?.operationId);
    expect(await next.resumeInterrupted()).toBeNull();
  });

  test("a run that was being cancelled stays cancelled", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(gate.handler);
    const id = await startPlan(runner, planOf(imageOperation("a")));
    await gate.started("a");
    await runner.close();
    await fixture.inventory.database.updateTable("runs").set({ cancelRequestedAt: new Date().toISOString() }).execute();
    const next = fixture.runnerWith(() => Promise.reject(new Error("must not be called")));
    expect((await next.resumeInterrupted())?.state).toBe("cancelled");
    expect(statesOf(await next.get(id))).toEqual({ a: "cancelled" });
  });

  test("a run that this version cannot read ends, and stands in nobody's way", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(gate.handler);
    await runner.start({ plan: planOf(imageOperation("a")), kind: "apply", account: "admin" });
    await gate.started("a");
    await runner.close();
    await fixture.inventory.database.updateTable("steps").set({ input: '{"unknown":true}' }).execute();
    const next = fixture.runnerWith(() => Promise.resolve(imageResult));
    expect((await next.resumeInterrupted())?.state).toBe("cancelled");
    expect(fixture.failures.splice(0)).toHaveLength(1);
    expect((await carryOutPlan(next, planOf(imageOperation("b")))).state).toBe("succeeded");
  });

  test("a run that cannot be recorded is left, and carried on when it can", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(gate.handler);
    const id = await startPlan(runner, planOf(imageOperation("a")));
    await gate.started("a");
    const waiting = runner.wait(id);
    await fixture.inventory.database.schema.alterTable("steps").renameTo("hidden").execute();
    gate.open("a");
    await expect(waiting).rejects.toThrow("no such table: steps");
    expect(fixture.failures.splice(0)).toHaveLength(1);
    await fixture.inventory.database.schema.alterTable("hidden").renameTo("steps").execute();
    gate.contexts.clear();
    await runner.resume(id);
    await gate.started("a");
    gate.open("a");
    expect((await runner.wait(id)).state).toBe("succeeded");
  });
});
