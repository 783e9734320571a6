import { EventEmitter, once } from "node:events";
import { expect, test, vi } from "vitest";
import type { Run, RunSummary } from "@berth/shared/api/runs";
import type { RunnerEvents } from "../runs/notifications.ts";
import { followRotations } from "./follow.ts";
import { rotationKind } from "./untaken.ts";

const ended: RunSummary = {
  id: 7,
  kind: rotationKind,
  account: "anna",
  state: "failed",
  createdAt: "2026-11-24T06:31:00.000Z",
  endedAt: "2026-11-24T06:31:09.000Z",
  counts: { waiting: 0, running: 0, succeeded: 0, failed: 1, cancelled: 0, skipped: 0 },
};

async function follow(runs: RunSummary[], retireLeftLogins: (run: number, signal: AbortSignal) => Promise<void>) {
  const events = new EventEmitter<RunnerEvents>();
  const settle = vi.fn(async () => undefined);
  const onFailure = vi.fn();
  const runner = { events, list: async () => runs };
  const follower = await followRotations({ settle }, { runner, retireLeftLogins, onFailure });
  const end = (changes: Partial<Run>) => events.emit("run", { ...ended, steps: [], ...changes });
  return { follower, settle, onFailure, end };
}

test("a rotation that ended is settled, then its logins are looked for; other runs are left alone", async () => {
  const retire = vi.fn(async () => undefined);
  const { follower, settle, end } = await follow([], retire);
  end({ id: 8, state: "running" });
  end({ id: 9, kind: "apply" });
  end({ id: 10 });
  await follower.settled();
  expect([settle.mock.calls, retire.mock.calls]).toEqual([[[10]], [[10, expect.any(AbortSignal)]]]);
});

test("at the start the last rotation's logins are looked for, also when other runs came after it", async () => {
  const retire = vi.fn(async () => undefined);
  const { follower, settle } = await follow([{ ...ended, id: 8, kind: "apply" }, ended], retire);
  await follower.settled();
  expect([settle.mock.calls, retire.mock.calls]).toEqual([[], [[7, expect.any(AbortSignal)]]]);
});

test("what cannot be done is told, and holds up nothing", async () => {
  const failure = new Error("the server does not answer");
  const { follower, settle, onFailure } = await follow([ended], () => Promise.reject(failure));
  await follower.settled();
  expect([settle.mock.calls, onFailure.mock.calls]).toEqual([[[7]], [[failure]]]);
});

test("closing waits for no node", async () => {
  const waiting = async (_: number, signal: AbortSignal) => {
    await once(signal, "abort");
    throw signal.reason;
  };
  const { follower, onFailure } = await follow([ended], waiting);
  await follower.close();
  expect(onFailure).not.toHaveBeenCalled();
});
