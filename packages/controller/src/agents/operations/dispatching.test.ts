import { randomUUID } from "node:crypto";
import { closeCodes } from "@berth/shared/protocol/close";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ControllerStopping } from "../../runs/handlers.ts";
import { FakeAgent } from "../testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "../testing/harness.ts";
import { imageInput, imageResult } from "../testing/node-story.ts";
import { until } from "../testing/within.ts";
import type { DispatchRequest } from "../types.ts";
import { attemptId } from "./attempt-id.ts";

let harness: Harness;
let user1: Credentials;

beforeEach(async () => {
  harness = await startHarness();
  user1 = await harness.enrol("user1");
});
afterEach(() => harness.close());

/** Dispatches an image.ensure; what the test does not await must not count as unhandled. */
function dispatch(request: Partial<DispatchRequest<"image.ensure">> = {}) {
  const dispatched = harness.hub.dispatch({
    node: "user1",
    id: randomUUID(),
    attempt: 1,
    kind: "image.ensure",
    input: imageInput,
    deadlineSeconds: 20,
    ...request,
  });
  dispatched.catch(() => undefined);
  return dispatched;
}

const succeeded = (id: string) =>
  ({ type: "result", id, outcome: { status: "succeeded", output: imageResult } }) as const;

describe("dispatch", () => {
  it("gives the agent the operation, passes progress on, and acknowledges a stored result", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const lines: unknown[] = [];
    const dispatched = dispatch({ onProgress: (progress) => lines.push(progress) });
    const { id, kind, input, deadlineSeconds } = await agent.next("operation");
    expect({ kind, input }).toEqual({ kind: "image.ensure", input: imageInput });
    expect(deadlineSeconds).toBeGreaterThan(19);
    agent.send({ type: "accepted", id });
    agent.send({ type: "progress", id, line: "pulling", fraction: 0.5 });
    agent.send(succeeded(id));
    expect(await dispatched).toEqual(imageResult);
    expect(lines).toEqual([{ line: "pulling", fraction: 0.5 }]);
    expect((await agent.next("acknowledge")).ids).toEqual([id]);
  });

  it("waits for a node that is on its way", async () => {
    const dispatched = dispatch();
    const agent = await FakeAgent.join(harness, user1);
    const { id } = await agent.next("operation");
    agent.send(succeeded(id));
    expect(await dispatched).toEqual(imageResult);
  });

  it("fails with node.offline when the node stays away, and gives it nothing later", async () => {
    await harness.restart({ offlineGraceSeconds: 0.1 });
    await expect(dispatch()).rejects.toMatchObject({ code: "node.offline", retryable: true });
    const agent = await FakeAgent.join(harness, user1);
    await agent.settled();
    expect(agent.pending("operation")).toBe(0);
  });

  it("sends the same id again after a lost connection, also after several", async () => {
    const dispatched = dispatch();
    const ids: string[] = [];
    for (let connection = 0; connection < 3; connection++) {
      const agent = await FakeAgent.join(harness, user1);
      ids.push((await agent.next("operation")).id);
      agent.cut();
      await until(() => harness.hub.connection("user1")?.state === "offline", "the end of the connection");
    }
    const agent = await FakeAgent.join(harness, user1);
    const { id } = await agent.next("operation");
    expect(new Set([...ids, id]).size).toBe(1);
    agent.send(succeeded(id));
    expect(await dispatched).toEqual(imageResult);
  });

  it("takes a result that the agent sends again, and acknowledges it again", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const dispatched = dispatch();
    const { id } = await agent.next("operation");
    agent.send(succeeded(id));
    await dispatched;
    // The acknowledgement is lost.
    await agent.next("acknowledge");
    agent.send(succeeded(id));
    expect((await agent.next("acknowledge")).ids).toEqual([id]);
  });

  it("finds the outcome again after a restart of the controller, without asking the node", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const operationId = randomUUID();
    const dispatched = dispatch({ id: operationId });
    const { id } = await agent.next("operation");
    agent.send(succeeded(id));
    await dispatched;
    await harness.restart();
    expect(await dispatch({ id: operationId })).toEqual(imageResult);
  });

  it("keeps a result that comes when nobody waits: the controller was restarted meanwhile", async () => {
    const before = await FakeAgent.join(harness, user1);
    const operationId = randomUUID();
    const interrupted = dispatch({ id: operationId });
    const { id } = await before.next("operation");
    await harness.restart();
    await expect(interrupted).rejects.toBeInstanceOf(ControllerStopping);
    const agent = await FakeAgent.join(harness, user1, { hello: { journal: [{ id, state: "done" }] } });
    agent.send(succeeded(id));
    expect((await agent.next("acknowledge")).ids).toEqual([id]);
    expect(await dispatch({ id: operationId })).toEqual(imageResult);
    expect(agent.pending("operation")).toBe(0);
  });

  it("performs a retry anew, and a resumed attempt not", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const operationId = randomUUID();
    const error = { code: "image.unavailable", message: "no such tag", hint: "Look at the registry" };
    const first = dispatch({ id: operationId });
    const { id } = await agent.next("operation");
    agent.send({ type: "result", id, outcome: { status: "failed", error } });
    await expect(first).rejects.toMatchObject(error);
    await expect(dispatch({ id: operationId })).rejects.toMatchObject(error);
    const second = dispatch({ id: operationId, attempt: 2 });
    const retried = await agent.next("operation");
    expect(retried.id).not.toBe(id);
    agent.send(succeeded(retried.id));
    expect(await second).toEqual(imageResult);
  });

  it("refuses to wait twice for one attempt", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const operationId = randomUUID();
    const first = dispatch({ id: operationId });
    await expect(dispatch({ id: operationId })).rejects.toMatchObject({ code: "conflict" });
    agent.send(succeeded((await agent.next("operation")).id));
    expect(await first).toEqual(imageResult);
  });

  it("lets the agent forget what nobody needs any more", async () => {
    const stale = randomUUID();
    const agent = await FakeAgent.join(harness, user1, { hello: { journal: [{ id: stale, state: "done" }] } });
    expect((await agent.next("acknowledge")).ids).toEqual([stale]);
  });

  it("does not take another node's word", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const other = await FakeAgent.join(harness, await harness.enrol("user2"));
    const lines: unknown[] = [];
    const dispatched = dispatch({ onProgress: (progress) => lines.push(progress) });
    const { id } = await agent.next("operation");
    other.send({ type: "progress", id, line: "ha" });
    other.send({ type: "result", id, outcome: { status: "cancelled" } });
    await other.settled();
    agent.send(succeeded(id));
    expect(await dispatched).toEqual(imageResult);
    expect(lines).toEqual([]);
  });

  it("turns a result of the wrong shape into an error", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const dispatched = dispatch();
    const { id } = await agent.next("operation");
    agent.send({ type: "result", id, outcome: { status: "succeeded", output: { pulled: "perhaps" } } });
    await expect(dispatched).rejects.toMatchObject({ code: "protocol.invalid" });
  });

  it("keeps the message of an error that it does not know", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const dispatched = dispatch();
    const { id } = await agent.next("operation");
    agent.send({ type: "result", id, outcome: { status: "failed", error: { code: "moon.full", message: "Howls" } } });
    await expect(dispatched).rejects.toMatchObject({ code: "internal", message: "Howls (moon.full)" });
  });

  it("refuses an input that no agent would accept, and harms nothing else", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const image = "x".repeat(5 * 1024 * 1024);
    await expect(dispatch({ input: { ...imageInput, image } })).rejects.toMatchObject({ code: "request.invalid" });
    const dispatched = dispatch();
    agent.send(succeeded((await agent.next("operation")).id));
    expect(await dispatched).toEqual(imageResult);
  });
});

describe("a deadline", () => {
  it("ends the waiting, cancels at the node, and says what was last heard", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const dispatched = dispatch({ deadlineSeconds: 0.3 });
    const { id } = await agent.next("operation");
    agent.send({ type: "progress", id, line: "layer 3 of 9" });
    await expect(dispatched).rejects.toMatchObject({
      code: "deadline.exceeded",
      message: expect.stringMatching(/user1.*online.*layer 3 of 9/),
    });
    expect((await agent.next("cancel")).id).toBe(id);
  });

  it("is not extended by keep-alives or a lost connection, and cancels when the node returns", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const dispatched = dispatch({ deadlineSeconds: 1 });
    const { id } = await agent.next("operation");
    agent.cut();
    await expect(dispatched).rejects.toMatchObject({
      code: "deadline.exceeded",
      message: expect.stringContaining("offline"),
    });
    const returned = await FakeAgent.join(harness, user1, { hello: { journal: [{ id, state: "running" }] } });
    expect((await returned.next("cancel")).id).toBe(id);
    returned.send({ type: "result", id, outcome: { status: "cancelled" } });
    expect((await returned.next("acknowledge")).ids).toEqual([id]);
  });
});

describe("cancelling", () => {
  it("before it was sent ends at once", async () => {
    const controller = new AbortController();
    const dispatched = dispatch({ signal: controller.signal });
    controller.abort();
    await expect(dispatched).rejects.toMatchObject({ code: "cancelled" });
    await expect(dispatch({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
    const agent = await FakeAgent.join(harness, user1);
    await agent.settled();
    expect(agent.pending("operation")).toBe(0);
  });

  it("asks the node, and waits for its word", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const controller = new AbortController();
    const dispatched = dispatch({ signal: controller.signal });
    const { id } = await agent.next("operation");
    controller.abort();
    expect((await agent.next("cancel")).id).toBe(id);
    agent.send({ type: "result", id, outcome: { status: "cancelled" } });
    await expect(dispatched).rejects.toMatchObject({ code: "cancelled" });
  });

  it("comes too late for what is done", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const controller = new AbortController();
    const dispatched = dispatch({ signal: controller.signal });
    const { id } = await agent.next("operation");
    controller.abort();
    await agent.next("cancel");
    agent.send(succeeded(id));
    expect(await dispatched).toEqual(imageResult);
  });

  it("does not wait for ever for a node that does not answer", async () => {
    await harness.restart({ cancelGraceSeconds: 0.1 });
    const agent = await FakeAgent.join(harness, user1);
    const controller = new AbortController();
    const dispatched = dispatch({ signal: controller.signal });
    await agent.next("operation");
    controller.abort();
    await expect(dispatched).rejects.toMatchObject({ code: "cancelled" });
  });

  it("because the controller stops cancels nothing", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const controller = new AbortController();
    const dispatched = dispatch({ signal: controller.signal });
    await agent.next("operation");
    controller.abort(new ControllerStopping());
    await expect(dispatched).rejects.toBeInstanceOf(ControllerStopping);
    await agent.settled();
    expect(agent.pending("cancel")).toBe(0);
  });

  it("by revoking the node ends its operations", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const dispatched = dispatch();
    await agent.next("operation");
    await harness.hub.revoke("user1", "removed");
    await expect(dispatched).rejects.toMatchObject({ code: "node.offline" });
    expect((await agent.closed).code).toBe(closeCodes.forbidden);
  });
});

describe("a node that hangs", () => {
  it("does not delay the others", async () => {
    const hung = await FakeAgent.join(harness, user1);
    const well = await FakeAgent.join(harness, await harness.enrol("user2"));
    hung.freeze();
    const stuck = Array.from({ length: 20 }, () => dispatch({ deadlineSeconds: 1 }));
    for (let round = 0; round < 20; round++) {
      const dispatched = dispatch({ node: "user2" });
      well.send(succeeded((await well.next("operation")).id));
      expect(await dispatched).toEqual(imageResult);
    }
    const ends = await Promise.allSettled(stuck);
    expect(ends.every(({ status }) => status === "rejected")).toBe(true);
  });
});

describe("attemptId", () => {
  it("is a UUID of its own for each operation and attempt, and always the same one", () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const ids = [attemptId(one, 1), attemptId(one, 2), attemptId(other, 1)];
    expect(new Set(ids).size).toBe(3);
    expect(attemptId(one, 1)).toBe(ids[0]);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
