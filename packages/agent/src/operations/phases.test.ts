import { phasesSchema } from "@berth/shared/operations/phases";
import { expect, test } from "vitest";
import { PhaseRecorder } from "./phases.ts";

function recorder(): { recorder: PhaseRecorder; pass: (milliseconds: number) => Promise<void> } {
  let now = 1_764_500_000_000;
  return {
    recorder: new PhaseRecorder(() => now),
    pass: async (milliseconds) => void (now += milliseconds),
  };
}

test("each phase is told with when it began and how long it took, also one that failed", async () => {
  const { recorder: told, pass } = recorder();
  await told.phase("stop", "user1-n8n", () => pass(2000));
  await pass(5);
  const failing = told.phase("start", "user1-n8n", async () => {
    await pass(300);
    throw new Error("no such image");
  });
  await expect(failing).rejects.toThrow("no such image");
  expect(told.phases).toEqual([
    { name: "stop", target: "user1-n8n", at: 1_764_500_000_000, milliseconds: 2000 },
    { name: "start", target: "user1-n8n", at: 1_764_500_002_005, milliseconds: 300 },
  ]);
});

test("a phase within another interrupts it: each moment belongs to one", async () => {
  const { recorder: told, pass } = recorder();
  const result = await told.phase("open repository", null, async () => {
    await pass(10);
    await told.phase("pull", "restic:1", () => pass(700));
    await pass(20);
    return "opened";
  });
  expect(result).toBe("opened");
  expect(told.phases.map(({ name, at, milliseconds }) => [name, at - 1_764_500_000_000, milliseconds])).toEqual([
    ["open repository", 0, 10],
    ["pull", 10, 700],
    ["open repository", 710, 20],
  ]);
});

test("what took next to no time is not told, and what is told fits the protocol, however much it is", async () => {
  const { recorder: told, pass } = recorder();
  await told.phase("check space", null, () => pass(9));
  expect(told.phases).toEqual([]);
  for (let count = 0; count < 300; count += 1) await told.phase("copy", "x".repeat(300), () => pass(10));
  expect(told.phases).toHaveLength(200);
  expect(phasesSchema.safeParse(told.phases).success).toBe(true);
});
