import { setTimeout as pause } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";
import type { Phase } from "@berth/shared/operations/phases";
import { expect, test } from "vitest";
import { inPhase, withPhases } from "./phases.ts";
import { carryOutPlan, createGates, startPlan, useRunners } from "./test-fixtures.ts";
import { imageOperation, imageResult, planOf } from "./test-plans.ts";

const fixture = useRunners();

const startedAt = "2026-11-30T12:00:00.000Z";
const moment = (seconds: number): number => Date.parse(startedAt) + seconds * 1000;
const asIs = (text: string): string => text;

test("phases are told as times after the begin of their step, without its own target and without secrets", () => {
  const told: Phase[] = [
    { name: "stop", target: "user1-n8n", at: moment(1.5), milliseconds: 2000 },
    { name: "copy", target: "user1-n8n-data", at: moment(3.5), milliseconds: 900 },
    { name: "wait for Docker", at: moment(4.4), milliseconds: 30_000 },
  ];
  const redact = (text: string): string => text.replace("data", "[redacted]");
  expect(withPhases({ target: "user1-n8n", startedAt, phases: [] }, told, redact)).toEqual([
    { name: "stop", startMilliseconds: 1500, milliseconds: 2000 },
    { name: "copy", target: "user1-n8n-[redacted]", startMilliseconds: 3500, milliseconds: 900 },
    { name: "wait for Docker", startMilliseconds: 4400, milliseconds: 30_000 },
  ]);
});

test("what is told again after a restart of the controller stands there once", () => {
  const stop: Phase = { name: "stop", target: "user1-n8n", at: moment(1), milliseconds: 2000 };
  const phases = withPhases({ target: "user1-n8n", startedAt, phases: [] }, [stop], asIs);
  const start: Phase = { name: "start", target: "user1-n8n", at: moment(3), milliseconds: 800 };
  expect(withPhases({ target: "user1-n8n", startedAt, phases }, [stop, start], asIs)).toEqual([
    ...phases,
    { name: "start", startMilliseconds: 3000, milliseconds: 800 },
  ]);
});

test("where a clock has them begin before their step, all of them move, and none gets shorter", () => {
  const told: Phase[] = [
    { name: "pull", at: moment(-3600), milliseconds: 4000 },
    { name: "start", at: moment(-3596), milliseconds: 500 },
  ];
  expect(withPhases({ target: "user1-n8n", startedAt, phases: [] }, told, asIs)).toEqual([
    { name: "pull", startMilliseconds: 0, milliseconds: 4000 },
    { name: "start", startMilliseconds: 4000, milliseconds: 500 },
  ]);
});

test("what the controller does itself is a phase too, also where it fails, and unless it was over at once", async () => {
  const told: Phase[] = [];
  const take = (phases: readonly Phase[]): void => void told.push(...phases);
  const fail = async (): Promise<never> => {
    await pause(30);
    throw new Error("the store is away");
  };
  await expect(inPhase(take, { name: "copy", target: "user1_n8n" }, fail)).rejects.toThrow("the store is away");
  expect(await inPhase(take, { name: "check", target: "user1_n8n" }, async () => 7)).toBe(7);
  expect(told.map(({ name, target }) => [name, target])).toEqual([["copy", "user1_n8n"]]);
  expect(told[0]?.milliseconds).toBeGreaterThanOrEqual(29);
});

test("phases of all attempts stay with their step, and are there before it has ended", async () => {
  const runner = fixture.runnerWith(async ({ attempt, phases }) => {
    phases?.([{ name: "pull", target: "a", at: Date.now() + attempt, milliseconds: attempt * 100 }]);
    if (attempt === 1) throw new BerthError("store.failed", "away");
    return imageResult;
  });
  const run = await carryOutPlan(runner, planOf(imageOperation("a")));
  const told = run.steps[0]?.phases?.map(({ name, milliseconds }) => [name, milliseconds]);
  expect(told).toEqual([
    ["pull", 100],
    ["pull", 200],
  ]);
  expect((await runner.get(run.id)).steps[0]?.phases).toEqual(run.steps[0]?.phases);
});

test("phases outlive the controller, and go when the run begins the step anew", async () => {
  const gate = createGates();
  const runner = fixture.runnerWith(gate.handler);
  const id = await startPlan(runner, planOf(imageOperation("a")));
  await gate.started("a");
  gate.contexts.get("a")?.phases?.([{ name: "pull", target: "a", at: Date.now() + 1000, milliseconds: 3100 }]);
  await runner.close();
  const next = fixture.runnerWith(async ({ attempt }) => {
    if (attempt === 1) throw new BerthError("image.not-found", "there is none");
    return imageResult;
  });
  expect((await next.get(id)).steps[0]?.phases).toMatchObject([{ name: "pull", milliseconds: 3100 }]);
  await next.resumeInterrupted();
  const failed = await next.wait(id);
  expect(failed.steps[0]).toMatchObject({ state: "failed", phases: [{ name: "pull", milliseconds: 3100 }] });
  await next.resume(id);
  const [step] = (await next.wait(id)).steps;
  expect([step?.state, step?.phases]).toEqual(["succeeded", undefined]);
});
