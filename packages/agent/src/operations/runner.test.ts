import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";
import type { AgentMessage } from "@berth/shared/protocol/messages";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Journal } from "../journal/journal.ts";
import { silentLog } from "../log.ts";
import { instanceSpec } from "../testing/specs.ts";
import type { OperationHandlers } from "./context.ts";
import { ResourceLocks } from "./locks.ts";
import { OperationRunner } from "./runner.ts";

const image = { node: "user1", image: "test/web:1", registryCa: null };
const id = randomUUID();

let journal: Journal;
let sent: AgentMessage[];
let handlers: OperationHandlers;

beforeEach(() => {
  journal = new Journal(":memory:");
  sent = [];
  handlers = {
    "firewall.ensure": vi.fn(async () => ({ changed: true })),
    "image.ensure": vi.fn(async () => ({ pulled: true, imageId: "sha256:1" })),
    "instance.ensure": vi.fn(async () => ({ changed: true, containerIds: [] })),
    "instance.remove": vi.fn(async () => ({ removed: true })),
    "instance.restart": vi.fn(async () => ({ stoppedMilliseconds: 0 })),
    "instance.prove": vi.fn(async () => ({ containerIds: [], healthyAt: "2026-11-29T12:00:00Z" })),
    "checkpoint.create": vi.fn(async () => ({ bytes: 0, stoppedAt: "2026-11-29T12:00:00Z" })),
    "checkpoint.restore": vi.fn(async () => ({ setAside: [] })),
    "checkpoint.remove": vi.fn(async () => ({ removed: 0 })),
    "backup.create": vi.fn(async () => ({ snapshots: [], stoppedMilliseconds: 0 })),
    "backup.restore": vi.fn(async () => ({ restored: [], stoppedMilliseconds: 0 })),
    "backup.drill": vi.fn(async () => ({
      level: "data" as const,
      version: null,
      parts: [],
      seconds: 0,
      memoryBytes: 0,
    })),
    "repository.check": vi.fn(async () => ({ snapshots: [] })),
    "repository.prune": vi.fn(async () => ({ snapshots: [] })),
  };
});

function makeRunner(): OperationRunner {
  const send = (message: AgentMessage): void => void sent.push(message);
  const nothing = (): void => undefined;
  const locks = new ResourceLocks();
  const log = silentLog;
  return new OperationRunner({
    journal,
    handlers,
    locks,
    log,
    node: "user1",
    send,
    onInstance: nothing,
    onSettled: nothing,
  });
}

function operation(kind: string, input: unknown, deadlineSeconds = 60) {
  return { type: "operation" as const, id, kind, input, deadlineSeconds };
}

async function outcome() {
  return vi.waitFor(() => {
    const [result] = sent.flatMap((message) => (message.type === "result" ? [message] : []));
    if (result === undefined) throw new Error("no result yet");
    return result.outcome;
  });
}

describe("OperationRunner", () => {
  it("accepts, performs and answers", async () => {
    makeRunner().receive(operation("image.ensure", image));
    expect(await outcome()).toEqual({ status: "succeeded", output: { pulled: true, imageId: "sha256:1" } });
    expect(sent.map(({ type }) => type)).toEqual(["accepted", "result"]);
    expect(journal.operations.find(id)?.state).toBe("done");
  });

  it("performs an id once, however often and with whatever input it comes", async () => {
    const runner = makeRunner();
    runner.receive(operation("image.ensure", image));
    runner.receive(operation("image.ensure", { ...image, image: "test/other:1" }));
    await outcome();
    runner.receive(operation("image.ensure", image));
    expect(handlers["image.ensure"]).toHaveBeenCalledTimes(1);
    expect(sent.map(({ type }) => type)).toEqual(["accepted", "accepted", "result", "result"]);
  });

  it("carries on after a restart what was under way, and answers again what was done", async () => {
    const done = randomUUID();
    journal.operations.accept({ id, kind: "image.ensure", input: image, deadlineAt: Date.now() + 60_000 });
    journal.operations.begin(id);
    journal.operations.accept({ id: done, kind: "image.ensure", input: image, deadlineAt: 0 });
    journal.operations.finish(done, { status: "cancelled" });
    const runner = makeRunner();
    runner.resume();
    runner.resend();
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect(sent).toMatchObject([
      { type: "result", id: done, outcome: { status: "cancelled" } },
      { type: "result", id, outcome: { status: "succeeded", output: { pulled: true, imageId: "sha256:1" } } },
    ]);
    expect(handlers["image.ensure"]).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["an unknown kind", "volume.copy", {}, "protocol.invalid"],
    ["a kind of the controller's", "lxc.ensure", {}, "protocol.invalid"],
    ["an input that does not fit", "image.ensure", { node: "user1" }, "protocol.invalid"],
    ["another node's operation", "image.ensure", { ...image, node: "user2" }, "request.invalid"],
  ])("refuses %s, and remembers that", async (_what, kind, input, code) => {
    makeRunner().receive(operation(kind, input));
    expect(await outcome()).toMatchObject({ status: "failed", error: { code } });
    expect(journal.operations.find(id)?.state).toBe("done");
  });

  it("does not repeat a secret of an input that does not fit", async () => {
    makeRunner().receive(operation("instance.ensure", { ...instanceSpec(), version: ["hunter2hunter2"] }));
    expect(JSON.stringify(await outcome())).not.toContain("hunter2");
  });

  it("ends an operation at its deadline", async () => {
    handlers["image.ensure"] = untilAborted;
    makeRunner().receive(operation("image.ensure", image, 0.01));
    expect(await outcome()).toMatchObject({ status: "failed", error: { code: "deadline.exceeded" } });
  });

  it("cancels", async () => {
    handlers["image.ensure"] = untilAborted;
    const runner = makeRunner();
    runner.receive(operation("image.ensure", image));
    runner.cancel(id);
    expect(await outcome()).toEqual({ status: "cancelled" });
  });

  it("cancels an operation that waits for its resource", async () => {
    handlers["image.ensure"] = untilAborted;
    const runner = makeRunner();
    runner.receive({ ...operation("image.ensure", image), id: randomUUID() });
    runner.receive(operation("image.ensure", image));
    runner.cancel(id);
    expect(await outcome()).toEqual({ status: "cancelled" });
  });

  it("answers with the error of the operation", async () => {
    const error = new BerthError("disk.full", "No space is left.", { hint: "Make some." });
    handlers["image.ensure"] = async () => Promise.reject(error);
    makeRunner().receive(operation("image.ensure", image));
    expect(await outcome()).toEqual({
      status: "failed",
      error: { code: "disk.full", message: "No space is left.", hint: "Make some." },
    });
  });

  it("tells with the result what the time went into, also of what failed, and again after a restart", async () => {
    handlers["image.ensure"] = async (_input, { phase }) => {
      await phase("pull", "test/web:1", () => pause(60));
      return phase("wait for Docker", null, async () => {
        await pause(30);
        throw new BerthError("disk.full", "No space is left.");
      });
    };
    makeRunner().receive(operation("image.ensure", image));
    expect(await outcome()).toMatchObject({ status: "failed" });
    const phases = [
      { name: "pull", target: "test/web:1", at: expect.any(Number), milliseconds: expect.any(Number) },
      { name: "wait for Docker", at: expect.any(Number), milliseconds: expect.any(Number) },
    ];
    const [told] = sent.filter(({ type }) => type === "result");
    expect(told).toMatchObject({ id, phases: expect.arrayContaining(phases) });
    sent = [];
    makeRunner().resend();
    expect(sent).toEqual([told]);
    makeRunner().receive(operation("image.ensure", image));
    expect(sent).toEqual([told, told]);
  });

  it("tells how long it waited for another operation on the same resource", async () => {
    handlers["image.ensure"] = async () => {
      await pause(60);
      return { pulled: true, imageId: "sha256:1" };
    };
    const runner = makeRunner();
    runner.receive({ ...operation("image.ensure", image), id: randomUUID() });
    runner.receive(operation("image.ensure", image));
    const second = await vi.waitFor(() => {
      const found = sent.find((message) => message.type === "result" && message.id === id);
      return found ?? expect.fail("no result yet");
    });
    expect(second).toMatchObject({ phases: [{ name: "wait its turn", milliseconds: expect.any(Number) }] });
  });

  it("does not begin what it cannot write down", async () => {
    vi.spyOn(journal.operations, "accept").mockImplementation(() => {
      throw new Error("database or disk is full");
    });
    makeRunner().receive(operation("image.ensure", image));
    expect(await outcome()).toMatchObject({ status: "failed", error: { code: "disk.full" } });
    expect(sent.map(({ type }) => type)).toEqual(["result"]);
    expect(handlers["image.ensure"]).not.toHaveBeenCalled();
  });

  it("answers although it cannot write the result down", async () => {
    vi.spyOn(journal.operations, "finish").mockImplementation(() => {
      throw new Error("database or disk is full");
    });
    makeRunner().receive(operation("image.ensure", image));
    expect(await outcome()).toMatchObject({ status: "succeeded" });
    expect(journal.operations.find(id)?.state).toBe("running");
  });

  it("writes down what the node should be with the acceptance, not with the result", () => {
    const runner = makeRunner();
    runner.receive(operation("instance.ensure", instanceSpec()));
    expect(journal.desired.get("user1-web")).toEqual(instanceSpec());
    const remove = { node: "user1", instance: "user1-web", volumes: false };
    runner.receive({ ...operation("instance.remove", remove), id: randomUUID() });
    expect(journal.desired.get("user1-web")).toBeUndefined();
  });
});

async function untilAborted(_input: unknown, { signal }: { signal: AbortSignal }): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(new Error("Docker's request was aborted")));
  return promise;
}
