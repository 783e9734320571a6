/** Operations with `settleSeconds`: told to stop, they go on to an end of their own; only a controller that stops is left at once. */
import { describe, expect, test, vi } from "vitest";
import { BerthError } from "@berth/shared/errors";
import type { OperationResult } from "@berth/shared/operations/index";
import type { Plan } from "@berth/shared/operations/plan";
import { ControllerStopping, type OperationContext, type OperationHandler } from "./handlers.ts";
import type { Runner, RunnerOptions } from "./runner.ts";
import { startPlan, statesOf, useRunners } from "./test-fixtures.ts";
import { handlersWith, imageOperation, imageResult, planOf } from "./test-plans.ts";

const fixture = useRunners();

type Drill = OperationContext<"backup.drill">;

const drilled: OperationResult<"backup.drill"> = {
  ...{ level: "data", version: null, parts: [], seconds: 1, memoryBytes: 1 },
};

function drill(subject: string, after: string[] = []): Plan["operations"][number] {
  const snapshot = { kind: "volume", name: "data", snapshot: "a1", bytes: 1, addedBytes: 1, counts: {} };
  const repository = { owner: subject, image: "restic:1", location: "/backups", directory: null, password: "secret" };
  return {
    ...{ id: `backup.drill/${subject}`, kind: "backup.drill", change: "verify", node: subject, target: subject, after },
    reason: "the fleet's schedule",
    input: {
      ...{ backup: "b1", node: subject, subject, memoryBytes: 1, stores: [], needs: [], service: null },
      repository: { ...repository, env: {}, ca: null },
      parts: [{ source: { kind: "volume", name: "data", volume: `${subject}-data` }, snapshot }],
    },
  };
}

/** Drills that end when the test says so, whatever they are told; images are there at once. */
class Drills {
  readonly calls: Drill[] = [];
  readonly #ends: PromiseWithResolvers<OperationResult<"backup.drill">>[] = [];

  readonly handler: OperationHandler<"backup.drill"> = (context) => {
    const end = Promise.withResolvers<OperationResult<"backup.drill">>();
    this.calls.push(context);
    this.#ends.push(end);
    return end.promise;
  };

  runner(options: Partial<RunnerOptions> = {}): Runner {
    const images = handlersWith(async () => imageResult);
    return fixture.runnerWith(async () => imageResult, {
      handlers: { ...images, "backup.drill": this.handler },
      ...options,
    });
  }

  /** The call of that number, from 1, once it is made. */
  async call(number = 1): Promise<Drill> {
    await vi.waitFor(() => expect(this.calls).toHaveLength(number));
    const context = this.calls[number - 1];
    if (context === undefined) throw new Error("It was not called");
    return context;
  }

  succeed(number = 1): void {
    this.#ends[number - 1]?.resolve(drilled);
  }

  fail(error: unknown, number = 1): void {
    this.#ends[number - 1]?.reject(error);
  }
}

const offline = new BerthError("node.offline", "The node is away");

describe("a run that is cancelled", () => {
  test("lets such a step go on to its end, and begins nothing after it", async () => {
    const drills = new Drills();
    const runner = drills.runner();
    const plan = planOf(drill("user1"), imageOperation("b"), { ...imageOperation("c"), after: ["backup.drill/user1"] });
    const id = await startPlan(runner, plan);
    const context = await drills.call();
    const asked = await runner.cancel(id, "anna");
    expect([asked.state, statesOf(asked)]).toEqual(["running", { user1: "running", b: "succeeded", c: "cancelled" }]);
    expect(context.signal.reason).toMatchObject({ code: "cancelled", message: "Cancelled by anna" });
    expect(context.leave?.aborted).toBe(false);
    expect((await runner.logs(id)).map(({ line }) => line)).toContain(
      "The run was cancelled; this goes on until it has come to an end",
    );
    drills.succeed();
    const ended = await runner.wait(id);
    expect([ended.state, statesOf(ended)]).toEqual([
      "cancelled",
      { user1: "succeeded", b: "succeeded", c: "cancelled" },
    ]);
  });

  test("has succeeded when that step was its last", async () => {
    const drills = new Drills();
    const runner = drills.runner();
    const id = await startPlan(runner, planOf(drill("user1")));
    await drills.call();
    await runner.cancel(id, "anna");
    drills.succeed();
    expect((await runner.wait(id)).state).toBe("succeeded");
  });

  test.each([
    ["fails, and is not tried again", offline, { state: "failed", error: { code: "node.offline" } }],
    [
      "passes on that it was stopped",
      new BerthError("cancelled", "Stopped between two parts"),
      { state: "cancelled", error: { code: "cancelled", message: "Cancelled by anna" } },
    ],
  ])("tells of such a step what became of it: it %s", async (_, error, step) => {
    const drills = new Drills();
    const runner = drills.runner();
    const id = await startPlan(runner, planOf(drill("user1"), imageOperation("b", [], "user2")));
    await drills.call();
    await runner.cancel(id, "anna");
    drills.fail(error);
    expect((await runner.wait(id)).steps[0]).toMatchObject({ attempt: 1, ...step });
    expect(drills.calls).toHaveLength(1);
  });

  test("waits for it as long as the operation says, and no longer", async () => {
    const drills = new Drills();
    const runner = drills.runner();
    const id = await startPlan(runner, planOf(drill("user1")));
    await drills.call();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const cancelling = runner.cancel(id, "anna");
    const ended = runner.wait(id);
    // Its deadline is hours, what others get is 50 ms: this is the operation's own 120 s.
    await vi.advanceTimersByTimeAsync(119_000);
    expect((await cancelling).state).toBe("running");
    expect((await runner.get(id)).steps[0]?.state).toBe("running");
    await vi.advanceTimersByTimeAsync(2000);
    expect((await ended).steps[0]).toMatchObject({ state: "cancelled" });
  });

  test("begins no further attempt of a step that paused between two", async () => {
    const drills = new Drills();
    const runner = drills.runner({ retry: { minMilliseconds: 600_000, maxMilliseconds: 600_000 } });
    const id = await startPlan(runner, planOf(drill("user1")));
    await drills.call();
    drills.fail(offline);
    await vi.waitFor(async () => expect((await runner.get(id)).steps[0]?.attempt).toBe(2));
    expect((await runner.cancel(id, "anna")).state).toBe("cancelled");
    expect(drills.calls).toHaveLength(1);
  });
});

describe("a controller that stops", () => {
  test("aborts `leave` as well, waits no longer than for others, and carries on at its next start", async () => {
    const drills = new Drills();
    const runner = drills.runner();
    const id = await startPlan(runner, planOf(drill("user1")));
    const context = await drills.call();
    await runner.close();
    expect(context.signal.reason).toBeInstanceOf(ControllerStopping);
    expect(context.leave?.reason).toBeInstanceOf(ControllerStopping);

    const next = drills.runner();
    await next.resumeInterrupted();
    expect(await drills.call(2)).toMatchObject({ operationId: context.operationId, attempt: 1 });
    drills.succeed(2);
    expect((await next.wait(id)).state).toBe("succeeded");
  });

  test("aborts `leave` of a step that goes on after its run was cancelled, and lets it come to its end later", async () => {
    const drills = new Drills();
    const runner = drills.runner();
    const id = await startPlan(runner, planOf(drill("user1"), drill("user2", ["backup.drill/user1"])));
    const context = await drills.call();
    await runner.cancel(id, "anna");
    expect(context.leave?.aborted).toBe(false);
    await runner.close();
    expect(context.leave?.reason).toBeInstanceOf(ControllerStopping);
    expect(context.signal.reason).toMatchObject({ code: "cancelled" });

    const next = drills.runner();
    expect((await next.resumeInterrupted())?.state).toBe("running");
    const again = await drills.call(2);
    expect(again).toMatchObject({ operationId: context.operationId, attempt: 1 });
    expect(again.signal.aborted).toBe(true);
    expect(again.leave?.aborted).toBe(false);
    drills.succeed(2);
    const ended = await next.wait(id);
    expect([ended.state, statesOf(ended)]).toEqual(["cancelled", { user1: "succeeded", user2: "cancelled" }]);
    expect(drills.calls).toHaveLength(2);
  });

  test("does not call what fails then a third time", async () => {
    const drills = new Drills();
    const runner = drills.runner();
    const id = await startPlan(runner, planOf(drill("user1")));
    await drills.call();
    await runner.cancel(id, "anna");
    await runner.close();
    const next = drills.runner();
    await next.resumeInterrupted();
    await drills.call(2);
    drills.fail(offline, 2);
    expect((await next.wait(id)).steps[0]).toMatchObject({ state: "failed", attempt: 1 });
    expect(drills.calls).toHaveLength(2);
  });
});
