import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "./testing/harness.ts";
import { observedInstance } from "./testing/node-story.ts";
import { until } from "./testing/within.ts";

let harness: Harness;
let user1: Credentials;

beforeEach(async () => {
  harness = await startHarness();
  user1 = await harness.enrol("user1");
});
afterEach(() => harness.close());

const nodeRow = Array.from({ length: 10 }, (_, index) => index);
const containerRow = Array.from({ length: 8 }, (_, index) => index);

describe("waitOnline", () => {
  it("answers when the node comes, and at once when it is there", async () => {
    const waiting = harness.hub.waitOnline("user1", { timeoutMilliseconds: 5000 });
    const agent = await FakeAgent.join(harness, user1);
    expect(await waiting).toMatchObject({ node: "user1", bootId: agent.bootId });
    expect(await harness.hub.waitOnline("user1", { timeoutMilliseconds: 0 })).toMatchObject({ node: "user1" });
  });

  it("gives up in time, or when told to", async () => {
    const late = harness.hub.waitOnline("user1", { timeoutMilliseconds: 20 });
    await expect(late).rejects.toMatchObject({ code: "node.offline" });
    const signal = AbortSignal.abort();
    const told = harness.hub.waitOnline("user1", { timeoutMilliseconds: 60_000, signal });
    await expect(told).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("sampling", () => {
  it("is told at every connection and when it changes, one node's wish before everybody's", async () => {
    harness.hub.setSampling("user1", { intervalSeconds: 2, batchSeconds: 4 });
    const agent = await FakeAgent.join(harness, user1);
    const other = await FakeAgent.join(harness, await harness.enrol("user2"));
    expect(await agent.next("sampling")).toMatchObject({ intervalSeconds: 2, batchSeconds: 4 });
    expect(await other.next("sampling")).toMatchObject({ intervalSeconds: 1, batchSeconds: 5 });
    harness.hub.setSampling(null, { intervalSeconds: 1, batchSeconds: 1 });
    expect(await other.next("sampling")).toMatchObject({ intervalSeconds: 1, batchSeconds: 1 });
    expect(await agent.next("sampling")).toMatchObject({ intervalSeconds: 2, batchSeconds: 4 });
  });
});

describe("samples", () => {
  it("are kept by instance and told, with times of the controller", async () => {
    const hour = 3_600_000;
    const told: unknown[] = [];
    harness.hub.events.on("samples", (samples) => told.push(samples));
    const agent = await FakeAgent.join(harness, user1, { hello: { clock: Date.now() + hour } });
    const { id } = await agent.next("observe");
    const observation = { instances: [observedInstance("user1-n8n")], images: [], docker: "running" } as const;
    agent.send({
      type: "observation",
      id,
      observation: { ...observation, instances: [...observation.instances], images: [] },
    });
    const at = Date.now() + hour;
    const frame = { at, node: nodeRow, containers: [containerRow, null] };
    agent.send({ type: "samples", batch: { containers: ["user1-n8n", "stranger"], frames: [frame, frame] } });
    await until(() => told.length > 0, "the samples");
    const [samples] = harness.hub.recentSamples({ seconds: 60, node: "user1" });
    expect(samples).toMatchObject({
      node: "user1",
      containers: [
        { name: "user1-n8n", instance: "user1-n8n" },
        { name: "stranger", instance: "stranger" },
      ],
    });
    expect(samples?.frames).toHaveLength(1);
    expect(Math.abs((samples?.frames[0]?.at ?? 0) - Date.now())).toBeLessThan(30_000);
    expect(told).toEqual([samples]);
  });

  it("go on when the controller's clock is set back", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const send = () => {
      agent.send({
        type: "samples",
        batch: { containers: [], frames: [{ at: Date.now(), node: nodeRow, containers: [] }] },
      });
      return agent.settled();
    };
    await send();
    harness.clock.offset = -3_600_000;
    await send();
    const frames = harness.hub.recentSamples({ seconds: 60, node: "user1" })[0]?.frames ?? [];
    expect(frames).toHaveLength(1);
    expect(Math.abs((frames[0]?.at ?? 0) - harness.clock.now())).toBeLessThan(10_000);
  });
});

describe("upgradeAgent", () => {
  const bundle = { version: "1.5.0", path: "/agent/1.5.0.tar", sha256: "0".repeat(64) };

  it("ends when the new version has connected", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const upgrading = harness.hub.upgradeAgent("user1", bundle);
    expect(await agent.next("upgrade")).toEqual({ type: "upgrade", ...bundle });
    agent.cut();
    await FakeAgent.join(harness, user1, { hello: { agentVersion: "1.5.0" } });
    expect(await upgrading).toEqual({ from: "1.4.0", to: "1.5.0", changed: true, rolledBack: false });
  });

  it("is not misled by the old agent's lost connection, and says when the old one stayed", async () => {
    const bootId = randomUUID();
    const agent = await FakeAgent.join(harness, user1, { bootId });
    const upgrading = harness.hub.upgradeAgent("user1", bundle);
    await agent.next("upgrade");
    agent.cut();
    const same = await FakeAgent.join(harness, user1, { bootId });
    same.cut();
    await FakeAgent.join(harness, user1);
    expect(await upgrading).toEqual({ from: "1.4.0", to: "1.4.0", changed: false, rolledBack: true });
  });

  it("does nothing for the version that is there", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const upgraded = await harness.hub.upgradeAgent("user1", { ...bundle, version: "1.4.0" });
    expect(upgraded).toMatchObject({ changed: false, rolledBack: false });
    await agent.settled();
    expect(agent.pending("upgrade")).toBe(0);
  });

  it("ends at once with what the agent says when it cannot, and takes the next one", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const upgrading = harness.hub.upgradeAgent("user1", bundle);
    await agent.next("upgrade");
    const error = { code: "disk.full", message: "No space is left.", hint: "Enlarge it." };
    agent.send({ type: "upgrade.failed", version: "1.5.0", error });
    await expect(upgrading).rejects.toMatchObject(error);
    const again = harness.hub.upgradeAgent("user1", bundle);
    await agent.next("upgrade");
    agent.cut();
    await FakeAgent.join(harness, user1, { hello: { agentVersion: "1.5.0" } });
    expect((await again).changed).toBe(true);
  });

  it("gives up in time, and at once when the node is offline", async () => {
    await expect(harness.hub.upgradeAgent("user1", bundle)).rejects.toMatchObject({ code: "node.offline" });
    await FakeAgent.join(harness, user1);
    const upgrading = harness.hub.upgradeAgent("user1", bundle, { timeoutMilliseconds: 50 });
    await expect(upgrading).rejects.toMatchObject({ code: "deadline.exceeded" });
  });
});
