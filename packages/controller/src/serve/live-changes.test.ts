import { EventEmitter } from "node:events";
import { nodeColumns } from "@berth/shared/metrics/samples";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { FakeAgent } from "../agents/testing/fake-agent.ts";
import { startHarness, type Harness } from "../agents/testing/harness.ts";
import type { LiveEvent } from "../api/live.ts";
import * as instances from "../inventory/instances.ts";
import { putNode } from "../inventory/nodes.ts";
import type { Runner } from "../runs/runner.ts";
import { forgetNode } from "./forget-node.ts";
import { createLiveChanges } from "./live-changes.ts";

let harness: Harness;
let fleetChanged = async (): Promise<void> => undefined;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

it("tells that a node has changed, with its own instances, and reads nothing while nobody listens", async () => {
  const { hub, inventory } = harness;
  const [user1, user2] = [await harness.enrol("user1"), await harness.enrol("user2")];
  for (const node of ["user1", "user2"]) {
    const desired = { service: "n8n", version: "2.41.1", node, tenant: node, ports: [5678], hash: "hash" };
    await instances.putDesiredInstance(inventory.database, { name: `${node}-n8n`, ...desired });
  }
  const live = createLiveChanges({
    ...{ inventory, hub, fleetName: async () => "valuechain" },
    alerts: { events: new EventEmitter(), count: () => ({ firing: 0, critical: 0 }) },
    runner: { events: new EventEmitter() } as unknown as Runner,
    onFleetChange: (listener) => void (fleetChanged = listener),
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const queries = vi.spyOn(inventory.database, "selectFrom");
  const readInstances = () => queries.mock.calls.filter(([table]) => String(table) === "instances").length;
  const other = await FakeAgent.join(harness, user2);
  await other.settled();
  expect(readInstances()).toBe(0);
  const told: LiveEvent[] = [];
  const listening = new AbortController();
  live.subscribe((event) => told.push(event), listening.signal);
  await FakeAgent.join(harness, user1);
  await vi.waitFor(() => expect(told.map(({ event }) => event)).toEqual(["node", "instance"]));
  expect(told[1]?.data).toMatchObject({ name: "user1-n8n", node: "user1" });
  listening.abort();
  other.cut();
  await vi.waitFor(() => expect(hub.connection("user2")?.state).toBe("offline"));
  expect(readInstances()).toBe(1);
});

it("tells that a node is gone once it is, and of nothing on it after that", async () => {
  const { hub, inventory } = harness;
  const live = createLiveChanges({
    ...{ inventory, hub, fleetName: async () => "valuechain" },
    alerts: { events: new EventEmitter(), count: () => ({ firing: 0, critical: 0 }) },
    runner: { events: new EventEmitter() } as unknown as Runner,
    onFleetChange: (listener) => void (fleetChanged = listener),
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const agent = await FakeAgent.join(harness, await harness.enrol("leaving"));
  await agent.settled();
  const instance = { instance: "leaving-n8n", service: "n8n", version: "1", tenant: "leaving", hash: "hash" };
  const observed = { ...instance, state: "healthy" as const, drift: [], containers: [] };
  agent.send({
    type: "events",
    events: [{ sequence: 0, at: Date.now(), body: { kind: "instance.state", instance: observed } }],
  });
  await vi.waitFor(() => expect(hub.observedInstances("leaving")).toHaveLength(1));
  const told: { event: string; name: string }[] = [];
  const listening = new AbortController();
  live.subscribe(({ event, data }) => {
    if (event === "node" || event === "instance" || event === "node.gone" || event === "instance.gone")
      told.push({ event, name: data.name });
  }, listening.signal);
  await forgetNode("leaving", { hub, inventory });
  // Of one that was never seen, too: it was in the inventory, and is not any more.
  await putNode(inventory.database, { name: "never-came", address: "127.0.0.1", proxmox: null });
  await forgetNode("never-came", { hub, inventory });
  await vi.waitFor(() => expect(told.at(-1)).toEqual({ event: "node.gone", name: "never-came" }));
  expect(told.filter(({ event }) => event === "node.gone").map(({ name }) => name)).toEqual(["leaving", "never-came"]);
  expect(told.slice(-2).map(({ event }) => event)).toEqual(["node.gone", "node.gone"]);
  expect((await live.status()).instances.filter(({ node }) => node === "leaving")).toEqual([]);
  listening.abort();
});

it("tells the whole state anew when the fleet file is another one", async () => {
  const { hub, inventory } = harness;
  const live = createLiveChanges({
    ...{ inventory, hub, fleetName: async () => "valuechain" },
    alerts: { events: new EventEmitter(), count: () => ({ firing: 0, critical: 0 }) },
    runner: { events: new EventEmitter() } as unknown as Runner,
    onFleetChange: (listener) => void (fleetChanged = listener),
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const desired = { service: "n8n", version: "1", node: "user1", tenant: null, ports: [], hash: "hash" };
  await instances.putDesiredInstance(inventory.database, { name: "never-made", ...desired });
  const told: LiveEvent[] = [];
  const listening = new AbortController();
  live.subscribe((event) => told.push(event), listening.signal);
  const names = () =>
    told.flatMap(({ event, data }) => (event === "status" ? [data.instances.map(({ name }) => name)] : []));
  await fleetChanged();
  await vi.waitFor(() => expect(names()).toEqual([expect.arrayContaining(["never-made"])]));
  await instances.clearDesiredInstance(inventory.database, "never-made");
  await fleetChanged();
  await vi.waitFor(() => expect(names()).toHaveLength(2));
  expect(names()[1]).not.toContain("never-made");
  listening.abort();
});

it("tells when a node has more containers than are measured, and when it has no more, as it is now", async () => {
  const { hub, inventory } = harness;
  const live = createLiveChanges({
    ...{ inventory, hub, fleetName: async () => "valuechain" },
    alerts: { events: new EventEmitter(), count: () => ({ firing: 0, critical: 0 }) },
    runner: { events: new EventEmitter() } as unknown as Runner,
    onFleetChange: (listener) => void (fleetChanged = listener),
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const agent = await FakeAgent.join(harness, await harness.enrol("crowded"));
  await agent.settled();
  const told: (number | undefined)[] = [];
  const listening = new AbortController();
  live.subscribe(({ event, data }) => {
    if (event === "node" && data.name === "crowded") told.push(data.containersRunning);
  }, listening.signal);
  const send = (running: number | undefined, at = Date.now()) =>
    agent.send({
      type: "samples",
      batch: {
        ...{ containers: [], frames: [{ at, node: nodeColumns.map(() => 0), containers: [] }] },
        ...(running === undefined ? {} : { running }),
      },
    });
  send(1100);
  send(1200);
  await vi.waitFor(() => expect(hub.connection("crowded")?.containersRunning).toBe(1200));
  await vi.waitFor(() => expect(told).toEqual([1100]));
  // Kept since before the controller was there.
  send(undefined, Date.now() - 600_000);
  send(1201);
  await vi.waitFor(() => expect(hub.connection("crowded")?.containersRunning).toBe(1201));
  expect((await live.status()).nodes.find(({ name }) => name === "crowded")?.containersRunning).toBe(1201);
  send(undefined);
  await vi.waitFor(() => expect(told).toEqual([1100, undefined]));
  listening.abort();
});
