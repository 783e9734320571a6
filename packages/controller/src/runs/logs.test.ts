import { describe, expect, test, vi } from "vitest";
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { PhaseName } from "@berth/shared/operations/phases";
import { carryOutPlan, createGates, startPlan, useRunners } from "./test-fixtures.ts";
import { imageOperation, imageResult, planOf } from "./test-plans.ts";

const fixture = useRunners();

describe("logs and notifications", () => {
  test("lines are kept in order, clean, without secrets, and listeners get each of them once", async () => {
    const runner = fixture.runnerWith(
      ({ log }) => {
        log("\u001B[31mred\u001B[0m and the password hunter2hunter2\nsecond line\n\n");
        log("x".repeat(5000));
        return Promise.reject(
          new BerthError("docker.failed", "hunter2hunter2 was wrong", { hint: "not hunter2hunter2" }),
        );
      },
      { redact: (text) => text.replaceAll("hunter2hunter2", "[REDACTED]"), retry: { patientAttempts: 1 } },
    );
    const heard: string[] = [];
    runner.events.on("lines", (_, lines) => heard.push(...lines.map(({ line }) => line)));
    const ended = await carryOutPlan(runner, planOf(imageOperation("a")));
    const lines = await runner.logs(ended.id);
    expect(lines.map(({ line }) => line.slice(0, 40))).toEqual([
      "red and the password [REDACTED]",
      "second line",
      "x".repeat(40),
      "image.ensure of a on node user1 failed: [REDACTED] was wrong".slice(0, 40),
    ]);
    expect(lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(lines[2]?.line).toHaveLength(2001);
    expect(heard).toEqual(lines.map(({ line }) => line));
    expect(await runner.logs(ended.id, { after: 3 })).toHaveLength(1);
    expect(await runner.logs(ended.id, { step: "image.ensure/b" })).toEqual([]);
    expect(JSON.stringify(await runner.get(ended.id))).not.toContain("hunter2");
    expect(JSON.stringify(await fixture.inventory.database.selectFrom("steps").selectAll().execute())).not.toContain(
      "hunter2",
    );
  });

  test("are bounded per run: the newest lines stay", async () => {
    const runner = fixture.runnerWith(
      async ({ log }) => {
        for (let line = 1; line <= 5000; line += 1) {
          log(`line ${line}`);
          if (line % 500 === 0) await runner.logs(1, { after: 4999 });
        }
        return imageResult;
      },
      { maxLogLines: 1000 },
    );
    const ended = await carryOutPlan(runner, planOf(imageOperation("a")));
    const lines = await runner.logs(ended.id);
    expect(lines).toHaveLength(1000);
    expect(lines.at(-1)).toMatchObject({ line: "line 5000", sequence: 5000 });
  });

  test("progress with a fraction is shown at once, and logged for each tenth of a phase", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith((context) => {
      for (const phase of ["downloading", "extracting"]) {
        context.log(phase);
        for (let percent = 0; percent < 26; percent += 1) context.log(phase, percent / 100);
        for (let second = 0; second < 60; second += 1) context.log(phase, 0.25);
      }
      return gate.handler(context);
    });
    const id = await startPlan(runner, planOf(imageOperation("a")));
    await gate.started("a");
    expect((await runner.get(id)).steps[0]?.progress).toBe("extracting (25 %)");
    expect((await runner.logs(id)).map(({ line }) => line)).toEqual([
      "downloading",
      "downloading (10 %)",
      "downloading (20 %)",
      "extracting",
      "extracting (10 %)",
      "extracting (20 %)",
    ]);
  });

  test("changes come coalesced, the last one at once", async () => {
    const heard: Run[] = [];
    const runner = fixture.runnerWith(() => Promise.resolve(imageResult));
    runner.events.on("run", (changed) => heard.push(changed));
    const ended = await carryOutPlan(
      runner,
      planOf(...Array.from({ length: 40 }, (_, index) => imageOperation(`i${index}`))),
    );
    expect(heard.at(-1)).toEqual(ended);
    expect(heard.length).toBeLessThan(20);
  });

  test("is told whole first, then with the steps that changed since", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(gate.handler, { concurrency: { total: 1 } });
    const heard: (string[] | undefined)[] = [];
    runner.events.on("run", (_, changed) => heard.push(changed && [...changed].toSorted()));
    const [a, b, c] = [imageOperation("a"), imageOperation("b"), imageOperation("c")];
    const id = await startPlan(runner, planOf(a, b, c));
    await gate.started("a");
    await vi.waitFor(() => expect(heard).toEqual([undefined]));
    gate.open("a");
    await vi.waitFor(() => expect(heard).toEqual([undefined, [a.id, b.id]]));
    await runner.cancel(id, "admin");
    expect(new Set(heard.slice(2).flatMap((changed) => changed ?? ["all"]))).toEqual(new Set([b.id, c.id]));
    // What is resumed is another run to whoever knows its steps.
    await runner.resume(id);
    await vi.waitFor(() => expect(heard.at(-1)).toBeUndefined());
  });

  test("phases of a step are told when there are more, after the step itself", async () => {
    const gate = createGates();
    const runner = fixture.runnerWith(gate.handler);
    const heard: unknown[] = [];
    runner.events.on("run", (run) => heard.push(run.steps[0]?.state));
    runner.events.on("phases", (_, step, phases) => heard.push([step, ...phases.map(({ name }) => name)]));
    const operation = imageOperation("a");
    await startPlan(runner, planOf(operation));
    await gate.started("a");
    const tell = (name: PhaseName) =>
      gate.contexts.get("a")?.phases?.([{ name, at: Date.now() + 5, milliseconds: 20 }]);
    tell("pull");
    await vi.waitFor(() => expect(heard).toEqual(["running", [operation.id, "pull"]]));
    tell("check");
    await vi.waitFor(() => expect(heard.slice(2)).toEqual(["running", [operation.id, "pull", "check"]]));
    gate.open("a");
    await vi.waitFor(() => expect(heard.slice(4)).toEqual(["succeeded"]));
  });

  test("a listener that throws disturbs nothing", async () => {
    const runner = fixture.runnerWith(() => Promise.resolve(imageResult));
    runner.events.on("run", () => {
      throw new Error("listener");
    });
    expect((await carryOutPlan(runner, planOf(imageOperation("a")))).state).toBe("succeeded");
    expect(fixture.failures.splice(0).length).toBeGreaterThan(0);
  });
});
