import type { AgentEvent } from "@berth/shared/protocol/events";
import type { Observation } from "@berth/shared/protocol/state";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listEvents } from "../../inventory/events.ts";
import { getInstance } from "../../inventory/instances.ts";
import { FakeAgent } from "../testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "../testing/harness.ts";
import { observedInstance } from "../testing/node-story.ts";
import { until } from "../testing/within.ts";

let harness: Harness;
let user1: Credentials;

beforeEach(async () => {
  harness = await startHarness();
  user1 = await harness.enrol("user1");
});
afterEach(() => harness.close());

const observation = (...names: string[]): Observation => ({
  instances: names.map((name) => observedInstance(name)),
  images: ["n8n:2"],
  docker: "running",
});
const observedNames = () => harness.hub.observedInstances("user1").map(({ instance }) => instance.instance);

/** Answers the next question for the state. */
async function answer(agent: FakeAgent, state: Observation): Promise<void> {
  const { id } = await agent.next("observe");
  agent.send({ type: "observation", id, observation: state });
}

/** Joins, with the hub's own first question answered. */
async function join(state: Observation, options?: Parameters<typeof FakeAgent.join>[2]): Promise<FakeAgent> {
  const agent = await FakeAgent.join(harness, user1, options);
  await answer(agent, state);
  await agent.settled();
  return agent;
}

const stateEvent = (
  sequence: number,
  at: number,
  name: string,
  state: "starting" | "healthy" | "unhealthy",
): AgentEvent => ({
  sequence,
  at,
  body: { kind: "instance.state", instance: observedInstance(name, state) },
});

describe("observe", () => {
  it("asks the node now", async () => {
    const agent = await join(observation());
    const observed = harness.hub.observe("user1", { timeoutMilliseconds: 5000 });
    await answer(agent, observation("user1-n8n"));
    expect(await observed).toEqual(observation("user1-n8n"));
    expect(observedNames()).toEqual(["user1-n8n"]);
  });

  it("fails at once for a node that is offline, and when it goes offline meanwhile", async () => {
    const observing = harness.hub.observe("user1", { timeoutMilliseconds: 60_000 });
    await expect(observing).rejects.toMatchObject({ code: "node.offline" });
    const agent = await join(observation());
    const interrupted = harness.hub.observe("user1", { timeoutMilliseconds: 60_000 });
    const expected = expect(interrupted).rejects.toMatchObject({ code: "node.offline" });
    await agent.next("observe");
    agent.cut();
    await expected;
  });

  it("does not wait for ever", async () => {
    await join(observation());
    const observing = harness.hub.observe("user1", { timeoutMilliseconds: 50 });
    await expect(observing).rejects.toMatchObject({ code: "deadline.exceeded" });
  });

  it("is not answered by another node, nor by words that nobody asked for", async () => {
    const agent = await join(observation());
    const other = await FakeAgent.join(harness, await harness.enrol("user2"));
    const observed = harness.hub.observe("user1", { timeoutMilliseconds: 5000 });
    const { id } = await agent.next("observe");
    other.send({ type: "observation", id, observation: observation("user1-forged") });
    await other.settled();
    agent.send({ type: "observation", id, observation: observation("user1-n8n") });
    expect(await observed).toEqual(observation("user1-n8n"));
    agent.send({ type: "observation", id, observation: observation("user1-unasked") });
    await agent.settled();
    expect(observedNames()).toEqual(["user1-n8n"]);
  });
});

describe("observed instances", () => {
  it("are asked for at every connection, told when they change, and stored before", async () => {
    const told: string[] = [];
    harness.hub.events.on("instance", ({ instance }) => {
      told.push(`${instance.instance} ${instance.state}`);
      void getInstance(harness.inventory.database, instance.instance).then((row) => told.push(`stored ${row?.state}`));
    });
    const agent = await join(observation("user1-n8n"));
    await until(() => told.length === 2, "the news");
    expect(told).toEqual(["user1-n8n healthy", "stored healthy"]);
    const again = harness.hub.observe("user1", { timeoutMilliseconds: 5000 });
    await answer(agent, observation("user1-n8n"));
    await again;
    agent.send({ type: "events", events: [stateEvent(0, Date.now(), "user1-n8n", "unhealthy")] });
    await until(() => told.length === 4, "the news");
    expect(told.slice(2)).toEqual(["user1-n8n unhealthy", "stored unhealthy"]);
  });

  it("that are gone are told", async () => {
    const gone: string[] = [];
    harness.hub.events.on("instance.gone", ({ name }) => gone.push(name));
    const agent = await join(observation("user1-n8n", "user1-flowise", "user1-redis"));
    agent.send({
      type: "events",
      events: [{ sequence: 0, at: Date.now(), body: { kind: "instance.gone", name: "user1-redis" } }],
    });
    await until(() => gone.length === 1, "the news");
    const observing = harness.hub.observe("user1", { timeoutMilliseconds: 5000 });
    await answer(agent, observation("user1-n8n"));
    await observing;
    await until(() => gone.length === 2, "the news");
    expect(gone).toEqual(["user1-redis", "user1-flowise"]);
    expect(observedNames()).toEqual(["user1-n8n"]);
  });

  it("stay as they were while Docker does not answer", async () => {
    const agent = await join(observation("user1-n8n"));
    const observing = harness.hub.observe("user1", { timeoutMilliseconds: 5000 });
    await answer(agent, { instances: [], images: [], docker: "unreachable" });
    await observing;
    expect(observedNames()).toEqual(["user1-n8n"]);
  });

  it("are there again after a restart of the controller", async () => {
    const before = await join(observation("user1-n8n"));
    before.cut();
    await harness.restart();
    expect(harness.hub.observedInstances()).toMatchObject([{ node: "user1", instance: observedInstance("user1-n8n") }]);
  });

  it("are forgotten with their node", async () => {
    await join(observation("user1-n8n"));
    await harness.hub.revoke("user1", "removed");
    expect(harness.hub.observedInstances()).toEqual([]);
  });
});

describe("events", () => {
  const stored = async () =>
    (await listEvents(harness.inventory.database, { node: "user1" }))
      .filter(({ kind }) => kind === "instance.state")
      .toReversed();

  it("are stored once, however often they come, and acknowledged every time", async () => {
    const agent = await join(observation());
    const states = ["starting", "healthy", "unhealthy"] as const;
    const events = states.map((state, sequence) => stateEvent(sequence, 1000 + sequence, "user1-n8n", state));
    for (const batch of [events, events.slice(1), events]) {
      agent.send({ type: "events", events: batch });
      expect((await agent.next("acknowledge.events")).sequence).toBe(2);
    }
    expect(await stored()).toHaveLength(3);
  });

  it("keep the time of the node and that of the controller", async () => {
    const agent = await join(observation(), { hello: { clock: Date.now() - 3_600_000 } });
    const nodeAt = Date.now() - 3_600_000;
    agent.send({ type: "events", events: [stateEvent(7, nodeAt, "user1-n8n", "healthy")] });
    await agent.next("acknowledge.events");
    const [event] = await stored();
    expect(event?.data["nodeAt"]).toBe(new Date(nodeAt).toISOString());
    expect(Date.now() - Date.parse(event?.at ?? "")).toBeLessThan(60_000);
  });

  it("survive a clock that no calendar knows", async () => {
    const agent = await join(observation());
    agent.send({ type: "events", events: [stateEvent(0, Number.MAX_SAFE_INTEGER, "user1-n8n", "healthy")] });
    expect((await agent.next("acknowledge.events")).sequence).toBe(0);
  });

  it("that came are known at the next welcome; those of an earlier enrolment are another count", async () => {
    const agent = await join(observation());
    agent.send({ type: "events", events: [stateEvent(41, Date.now(), "user1-n8n", "healthy")] });
    await agent.next("acknowledge.events");
    agent.cut();
    await until(() => harness.hub.connection("user1")?.state === "offline", "the end of the connection");
    const again = await FakeAgent.open(harness, user1);
    again.hello();
    expect((await again.next("welcome")).lastEventSequence).toBe(41);
    again.cut();
    await until(() => harness.hub.connection("user1")?.state === "offline", "the end of the connection");
    const anew = await FakeAgent.open(harness, await harness.enrol("user1"));
    anew.hello();
    expect((await anew.next("welcome")).lastEventSequence).toBe(-1);
  });

  it("from before the connection do not undo what was seen during it", async () => {
    const agent = await join(observation("user1-n8n"));
    agent.send({ type: "events", events: [stateEvent(0, Date.now() - 60_000, "user1-n8n", "unhealthy")] });
    await agent.next("acknowledge.events");
    await agent.settled();
    expect(harness.hub.observedInstances("user1")[0]?.instance.state).toBe("healthy");
    expect(await stored()).toHaveLength(1);
  });

  it("that could not be stored are not acknowledged", async () => {
    const agent = await join(observation());
    await harness.inventory.database.schema.dropTable("agentEvents").execute();
    agent.send({ type: "events", events: [stateEvent(0, Date.now(), "user1-n8n", "healthy")] });
    await agent.settled();
    const observing = harness.hub.observe("user1", { timeoutMilliseconds: 5000 });
    await answer(agent, observation());
    await observing;
    expect(agent.pending("acknowledge.events")).toBe(0);
  });
});

describe("a listener that fails", () => {
  it("does not cost the node its connection", async () => {
    harness.hub.events.on("node", () => {
      throw new Error("a mistake elsewhere");
    });
    await join(observation());
    expect(harness.hub.connection("user1")?.state).toBe("online");
  });
});
