import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ObservedInstance } from "@berth/shared/protocol/state";
import type { Inventory, Queryable } from "./database.ts";
import { listEvents, pruneEvents, recordEvent, toEvent } from "./events.ts";
import { currentFleet, listFleetRevisions, saveFleet } from "./fleet.ts";
import {
  clearDesiredInstance,
  getInstance,
  listInstances,
  putDesiredInstance,
  recordInstance,
  recordObservation,
} from "./instances.ts";
import { listNeeds, putNeed, removeNeed, setNeedState } from "./needs.ts";
import { getNode, putNode, recordAgent, recordNodeSeen, removeNode, setNodeSshHostKey, setNodeVmid } from "./nodes.ts";
import { openInventory } from "./open.ts";

let directory: string;
let inventory: Inventory;
let database: Queryable;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-queries-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  ({ database } = inventory);
  await putNode(database, { name: "user1", address: "10.0.6.11", proxmox: "pve" });
  await putNode(database, { name: "user2", address: "10.0.6.12", proxmox: null });
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

const desired = {
  name: "user1-n8n",
  service: "n8n",
  version: "2.41.3",
  node: "user1",
  tenant: "user1",
  ports: [5678],
  hash: "h1",
};

function observed(instance: string, changes: Partial<ObservedInstance> = {}): ObservedInstance {
  return {
    instance,
    service: "n8n",
    tenant: "user1",
    version: "2.41.3",
    hash: "h1",
    state: "healthy",
    drift: [],
    containers: [
      { name: instance, id: "c1", image: "n8n", imageId: "i1", state: "running", startedAt: null, restarts: 0 },
    ],
    ...changes,
  };
}

describe("instances", () => {
  test("join what is wanted and what is seen", async () => {
    await putDesiredInstance(database, desired);
    expect(await getInstance(database, "user1-n8n")).toMatchObject({
      state: "unknown",
      observedHash: null,
      ports: [5678],
    });
    await recordObservation(database, "user1", [observed("user1-n8n", { drift: ["memory"] })]);
    await putDesiredInstance(database, { ...desired, hash: "h2" });
    expect(await getInstance(database, "user1-n8n")).toMatchObject({
      desiredHash: "h2",
      observedHash: "h1",
      state: "healthy",
      drift: ["memory"],
      containers: [{ id: "c1" }],
    });
  });

  test("that are wanted go missing, others are forgotten, when their agent sees them no more", async () => {
    await putDesiredInstance(database, desired);
    await recordObservation(database, "user1", [observed("user1-n8n"), observed("user1-left")]);
    expect((await listInstances(database, "user1")).map(({ name }) => name)).toEqual(["user1-left", "user1-n8n"]);
    await recordObservation(database, "user2", []);
    expect(await listInstances(database)).toHaveLength(2);
    await recordObservation(database, "user1", []);
    expect(await listInstances(database)).toMatchObject([{ name: "user1-n8n", state: "missing", observedHash: null }]);
  });

  test("that moved are not what a remnant on the old node is", async () => {
    await putDesiredInstance(database, desired);
    await recordInstance(database, "user1", observed("user1-n8n"));
    await putDesiredInstance(database, { ...desired, node: "user2" });
    await recordInstance(database, "user1", observed("user1-n8n"));
    expect(await getInstance(database, "user1-n8n")).toMatchObject({ node: "user2", state: "unknown" });
  });

  test("that the fleet no longer wants stay until their agent sees them no more", async () => {
    await putDesiredInstance(database, desired);
    await recordInstance(database, "user1", observed("user1-n8n"));
    await clearDesiredInstance(database, "user1-n8n");
    expect(await getInstance(database, "user1-n8n")).toMatchObject({ desiredHash: null, state: "healthy" });
    await recordObservation(database, "user1", []);
    expect(await getInstance(database, "user1-n8n")).toBeNull();
  });

  test("an observation that says nothing new is written once a minute only", async () => {
    const at = (second: number) => new Date(Date.parse("2026-11-24T00:00:00Z") + second * 1000).toISOString();
    const seenAt = async () => (await getInstance(database, "user1-n8n"))?.observedAt;
    await recordInstance(database, "user1", observed("user1-n8n"), at(0));
    await recordInstance(database, "user1", observed("user1-n8n"), at(59));
    expect(await seenAt()).toBe(at(0));
    await recordInstance(database, "user1", observed("user1-n8n", { state: "unhealthy" }), at(60));
    expect(await seenAt()).toBe(at(60));
    await recordInstance(database, "user1", observed("user1-n8n", { state: "unhealthy" }), at(121));
    expect(await seenAt()).toBe(at(121));
  });
});

describe("nodes", () => {
  const facts = {
    hostname: "user1",
    os: "Debian",
    kernel: "6.1",
    architecture: "x64",
    cores: 2,
    memoryBytes: 4,
    dockerVersion: "20.10",
    cgroupVersion: 2 as const,
  };
  const report = { agentVersion: "0.1.0", protocol: "1.0", clockSkewMilliseconds: -3.5, facts };

  test("keep what was learnt of them when their address changes", async () => {
    await setNodeVmid(database, "user1", 101);
    await setNodeSshHostKey(database, "user1", "SHA256:abc");
    await recordAgent(database, "user1", report);
    await putNode(database, { name: "user1", address: "10.0.6.99", proxmox: "pve" });
    expect(await getNode(database, "user1")).toMatchObject({
      address: "10.0.6.99",
      vmid: 101,
      sshHostKey: "SHA256:abc",
      state: "online",
      clockSkewMilliseconds: -3.5,
      facts,
    });
    await recordNodeSeen(database, "user1", "offline");
    expect((await getNode(database, "user1"))?.state).toBe("offline");
  });

  test("that go take their instances along", async () => {
    await putDesiredInstance(database, desired);
    expect(await removeNode(database, "user1")).toBe(true);
    expect(await removeNode(database, "user1")).toBe(false);
    expect(await listInstances(database)).toEqual([]);
  });

  test("whose row was spoilt by hand are named in the error", async () => {
    await database.updateTable("nodes").set({ facts: "{}" }).where("name", "=", "user1").execute();
    await expect(getNode(database, "user1")).rejects.toMatchObject({
      code: "inventory.failed",
      message: "The inventory's row of node user1 cannot be read",
    });
  });
});

test("needs are known by kind and name, and keep their state when described anew", async () => {
  const need = { kind: "database", name: "user1_n8n", instance: "user1-n8n", server: "shared-postgres" };
  await putNeed(database, { ...need, specification: { extensions: [] } });
  await setNeedState(database, { ...need, state: "present" });
  await putNeed(database, { ...need, specification: { extensions: ["vector"] } });
  expect(await listNeeds(database, "user1-n8n")).toMatchObject([
    { ...need, specification: { extensions: ["vector"] }, state: "present" },
  ]);
  expect(await listNeeds(database, "user2-n8n")).toEqual([]);
  expect(await removeNeed(database, need)).toBe(true);
  expect(await listNeeds(database)).toEqual([]);
});

test("the newest fleet is the desired state; the same text makes no new revision", async () => {
  expect(await currentFleet(database)).toBeNull();
  const first = await saveFleet(database, { file: "fleet.yaml", yaml: "a", account: "eve" });
  expect(await saveFleet(database, { file: "fleet.yaml", yaml: "a", account: "eve" })).toEqual(first);
  await saveFleet(database, { file: "fleet.yaml", yaml: "b", account: "eve" });
  expect((await currentFleet(database))?.yaml).toBe("b");
  expect((await listFleetRevisions(database)).map(({ yaml }) => yaml)).toEqual(["b", "a"]);
});

test("events come newest first, by node and instance, and only so many are kept", async () => {
  for (let number = 1; number <= 30; number += 1) {
    await recordEvent(database, {
      kind: "docker",
      message: `${number}`,
      node: `user${(number % 2) + 1}`,
      data: { number },
    });
  }
  const [newest] = await listEvents(database, { limit: 1 });
  expect(newest).toMatchObject({ message: "30", data: { number: 30 }, instance: null });
  const ofUser2 = await listEvents(database, { node: "user2", limit: 2, before: 25 });
  expect(ofUser2.map(({ message }) => message)).toEqual(["23", "21"]);
  expect((await listEvents(database, { kind: "drift" })).map(({ message }) => message)).toEqual([]);
  expect(await listEvents(database, { kind: "docker", since: newest?.at })).not.toEqual([]);
  expect(await listEvents(database, { since: new Date(Date.now() + 1000).toISOString() })).toEqual([]);
  await pruneEvents(database, 10);
  expect((await listEvents(database)).map(({ message }) => message).at(-1)).toBe("21");
});

test("an event happened when its node says, and is known since the controller learnt of it", async () => {
  const nodeAt = "2026-11-24T06:31:02.000Z";
  const record = await recordEvent(database, { kind: "drift", message: "mended", node: "user1", data: { nodeAt } });
  expect(toEvent(record)).toEqual({
    ...{ id: record.id, kind: "drift", node: "user1", instance: null, message: "mended" },
    ...{ at: nodeAt, recordedAt: record.at },
  });
  const own = await recordEvent(database, { kind: "controller.restored", message: "restored" });
  expect(toEvent(own).at).toBe(own.at);
});
