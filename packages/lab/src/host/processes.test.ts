import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  findLongLived,
  findMarkedProcesses,
  isRunning,
  startLongLived,
  stopLongLived,
  stopProcess,
} from "./processes.ts";

let stateDirectory: string;

beforeEach(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "berth-lab-processes-"));
  await mkdir(join(stateDirectory, "processes"));
  await mkdir(join(stateDirectory, "log"));
});

afterEach(async () => {
  for (const identity of await findMarkedProcesses(stateDirectory)) await stopProcess(identity);
  await rm(stateDirectory, { recursive: true });
});

it("knows a process by pid and start time, and finds it by its mark when the record is lost", async () => {
  const identity = await startLongLived({ name: "sleeper", argv: ["sleep", "600"], stateDirectory });
  expect(await findLongLived(stateDirectory, "sleeper")).toEqual(identity);
  expect(await isRunning({ ...identity, startTime: "1" })).toBe(false);
  await rm(join(stateDirectory, "processes", "sleeper.json"));
  expect(await findLongLived(stateDirectory, "sleeper")).toBeUndefined();
  expect(await findMarkedProcesses(stateDirectory)).toEqual([identity]);
});

it("ends a process, also one that does not listen to SIGTERM", async () => {
  const deaf = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"] as const;
  const identity = await startLongLived({ name: "deaf", argv: deaf, stateDirectory });
  await stopProcess(identity, 100);
  expect(await isRunning(identity)).toBe(false);
  await stopLongLived(stateDirectory, "deaf");
  expect(await findLongLived(stateDirectory, "deaf")).toBeUndefined();
});
