import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEventRecord, AgentStore } from "../agents/store.ts";
import { createAgentStore } from "./agents.ts";
import type { Inventory } from "./database.ts";
import { listEvents } from "./events.ts";
import { openInventory } from "./open.ts";

let directory: string;
let inventory: Inventory;
let store: AgentStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-agents-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  store = createAgentStore(inventory);
});
afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true, force: true });
});

const event = (sequence: number, at = 0, enrolment = "first"): AgentEventRecord => ({
  node: "user1",
  enrolment,
  sequence,
  at,
  nodeAt: at,
  kind: "docker",
  instance: null,
  message: "Docker answers",
  data: {},
});

describe("agent events", () => {
  it("are added once per enrolment and answered in order", async () => {
    expect(await store.addAgentEvents([event(2), event(1)])).toEqual([event(1), event(2)]);
    expect(await store.addAgentEvents([event(1), event(3), event(3)])).toEqual([event(3)]);
    expect(await store.addAgentEvents([event(1, 0, "second")])).toHaveLength(1);
    expect(await listEvents(inventory.database)).toHaveLength(4);
  });

  it("keep the highest sequence when the old are dropped", async () => {
    await store.addAgentEvents([event(1, 1000), event(2, 2000), event(3, 3000)]);
    await store.prune({ operations: 0, events: 10_000, certificates: 0 });
    expect(await store.lastEventSequence("user1", "first")).toBe(3);
    expect(await store.addAgentEvents([event(3)])).toEqual([]);
    expect(await store.lastEventSequence("user1", "second")).toBe(-1);
  });

  const told = async () => (await listEvents(inventory.database)).map(({ message }) => message).toReversed();
  const said = (sequence: number, state: string, version = "1.39.1"): AgentEventRecord => ({
    ...{ ...event(sequence), kind: "instance.state", instance: "shared-supabase" },
    ...{ message: `shared-supabase ${version} is ${state}`, data: { instance: { state, version } } },
  });
  const gone = (sequence: number, instance: string): AgentEventRecord => ({
    ...{ ...event(sequence), kind: "instance.gone", instance, message: `${instance} is gone from the node` },
  });

  it("of an instance are told when its state is another one, and all are answered", async () => {
    const states = ["starting", "starting", "unknown", "starting", "healthy", "unknown", "healthy", "unhealthy"];
    const events = states.map((state, index) => said(index + 1, state));
    expect(await store.addAgentEvents(events.slice(0, 5))).toHaveLength(5);
    // As after a restart of the controller.
    store = createAgentStore(inventory);
    expect(await store.addAgentEvents(events.slice(5))).toHaveLength(3);
    expect(await told()).toEqual(
      ["starting", "healthy", "unhealthy"].map((state) => `shared-supabase 1.39.1 is ${state}`),
    );
  });

  it("tell of another version in the same state, and of its versions on the way once", async () => {
    await store.addAgentEvents([said(1, "healthy"), said(2, "starting"), said(3, "starting", "1.40.0")]);
    await store.addAgentEvents([said(4, "healthy", "1.40.0"), said(5, "healthy", "1.40.0"), said(6, "healthy")]);
    expect(await told()).toEqual([
      "shared-supabase 1.39.1 is healthy",
      "shared-supabase 1.39.1 is starting",
      "shared-supabase 1.40.0 is healthy",
      "shared-supabase 1.39.1 is healthy",
    ]);
  });

  it("tell that an instance is gone, and not what never was one, such as a tenant", async () => {
    await store.addAgentEvents([gone(1, "user4"), said(2, "healthy"), gone(3, "shared-supabase")]);
    await store.addAgentEvents([gone(4, "shared-supabase"), said(5, "healthy")]);
    expect(await told()).toEqual([
      "shared-supabase 1.39.1 is healthy",
      "shared-supabase is gone from the node",
      "shared-supabase 1.39.1 is healthy",
    ]);
  });

  it("that could not be stored are told when they come again", async () => {
    const broken = { ...said(2, "unhealthy"), data: { self: 1n, instance: { state: "unhealthy", version: "1" } } };
    await expect(store.addAgentEvents([said(1, "healthy"), broken])).rejects.toThrow(/BigInt/);
    await store.addAgentEvents([said(1, "healthy")]);
    expect(await told()).toEqual(["shared-supabase 1.39.1 is healthy"]);
  });

  it("are all stored or none", async () => {
    const broken = { ...event(2), data: { self: 1n } };
    await expect(store.addAgentEvents([event(1), broken])).rejects.toThrow(/BigInt/);
    expect(await listEvents(inventory.database)).toEqual([]);
    expect(await store.lastEventSequence("user1", "first")).toBe(-1);
  });
});

describe("operations", () => {
  const operation = { id: "one", node: "user1", kind: "image.ensure", at: 1000 };

  it("keep their first outcome", async () => {
    expect(await store.openOperation(operation)).toBeUndefined();
    expect(await store.unsettledOperations("user1", ["one", "two"])).toEqual(["one"]);
    expect(await store.settleOperation("one", "user1", { status: "succeeded", output: { pulled: true } }, 2000)).toBe(
      true,
    );
    expect(await store.settleOperation("one", "user1", { status: "cancelled" }, 3000)).toBe(true);
    expect(await store.openOperation(operation)).toEqual({ status: "succeeded", output: { pulled: true } });
    expect(await store.unsettledOperations("user1", ["one"])).toEqual([]);
  });

  it("are settled by the node that they were given to, and no other", async () => {
    await store.openOperation(operation);
    expect(await store.settleOperation("one", "user2", { status: "cancelled" }, 2000)).toBe(false);
    expect(await store.settleOperation("two", "user1", { status: "cancelled" }, 2000)).toBe(false);
    expect(await store.openOperation(operation)).toBeUndefined();
  });

  it("are dropped when they are old", async () => {
    await store.openOperation(operation);
    await store.openOperation({ ...operation, id: "two", at: 5000 });
    await store.prune({ operations: 2000, events: 0, certificates: 0 });
    expect(await store.unsettledOperations("user1", ["one", "two"])).toEqual(["two"]);
  });
});

describe("certificates", () => {
  const certificate = (serial: string, enrolment: string, issuedAt: number) =>
    store.addCertificate({ serial, node: "user1", enrolment, issuedAt, notAfter: 100_000 });
  const revocation = { at: 50_000, reason: "a test" };
  const isGood = async (serial: string) => (await store.findCertificate(serial))?.revoked === null;

  it("of earlier enrolments are revoked, also those renewed later; later enrolments stay", async () => {
    await certificate("a1", "a", 1000);
    await certificate("b1", "b", 2000);
    await certificate("a2", "a", 3000);
    await certificate("c1", "c", 4000);
    expect((await store.supersedeEnrolments("user1", "b", revocation)).toSorted()).toEqual(["a1", "a2"]);
    expect(await Promise.all(["a1", "a2", "b1", "c1"].map(isGood))).toEqual([false, false, true, true]);
    expect(await store.supersedeEnrolments("user1", "b", revocation)).toEqual([]);
  });

  it("keep the first reason of their revocation, and are dropped after their end", async () => {
    await certificate("a1", "a", 1000);
    expect(await store.revokeCertificates("user1", revocation)).toEqual(["a1"]);
    expect(await store.revokeCertificates("user1", { at: 60_000, reason: "again" })).toEqual([]);
    expect((await store.findCertificate("a1"))?.revoked).toEqual(revocation);
    await store.prune({ operations: 0, events: 0, certificates: 100_001 });
    expect(await store.findCertificate("a1")).toBeUndefined();
  });
});
