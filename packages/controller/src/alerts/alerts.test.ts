/** The room over a real inventory: what is looked at, stored, told, and what a restart leaves of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { example } from "@berth/shared/fleet/testing/example";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listActiveAlerts } from "../inventory/alerts.ts";
import type { Inventory } from "../inventory/database.ts";
import { listEvents } from "../inventory/events.ts";
import { openInventory } from "../inventory/open.ts";
import { openAlerts, type AlertsDependencies, type AlertsRoom } from "./alerts.ts";
import type { AlertMessage } from "./messages.ts";
import { createReadings } from "./readings.ts";

const minute = 60_000;
const { fleet } = parseFleet(
  `${example}\nalerts: { receivers: { ops: { webhook: {} }, user2: { webhook: {}, tenants: [user2] } } }`,
  "fleet.yaml",
  catalog,
);

let directory: string;
let inventory: Inventory;
let room: AlertsRoom;
let nodes: Map<string, NodeStatus["state"]>;
let sent: { receiver: string; message: AlertMessage }[];
let refusal: Error | null;
let failures: string[];
let blindness: Error | null;

function node(name: string, state: NodeStatus["state"]): NodeStatus {
  const unknown = { agentVersion: null, outdated: false, lastSeen: null, clockSkewMilliseconds: null };
  return { name, state, address: "10.0.6.11", facts: null, vmid: null, ...unknown };
}

const instances: InstanceStatus[] = [];

function open(changes: Partial<AlertsDependencies> = {}): Promise<AlertsRoom> {
  return openAlerts({
    inventory,
    fleet: async () => fleet,
    view: async () => {
      if (blindness !== null) throw blindness;
      return {
        status: { fleet: "valuechain", nodes: [...nodes].map(([name, state]) => node(name, state)), instances },
        ...{ backups: null, certificates: [], atWork: new Set<string>(), fileSystems: () => [] },
      };
    },
    readings: createReadings(),
    send: async (receiver, _settings, message) => {
      sent.push({ receiver, message });
      if (refusal !== null) throw refusal;
      return "200 OK";
    },
    missing: () => null,
    redact: (text) => text,
    onFailure: (error) => void failures.push(String(error)),
    ...changes,
  });
}

/** Timers, and between them what the database does. */
async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 5000) await vi.advanceTimersByTimeAsync(5000);
}

const told = () =>
  sent.map(
    ({ receiver, message }) => `${receiver}: ${message.alerts.map(({ status, key }) => `${status} ${key}`).join(", ")}`,
  );

beforeEach(async () => {
  vi.useFakeTimers({ now: Date.parse("2026-11-30T01:00:00Z"), toFake: ["Date", "setTimeout", "clearTimeout"] });
  directory = await mkdtemp(join(tmpdir(), "berth-alerts-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  nodes = new Map([
    ["user1", "online"],
    ["user2", "online"],
  ]);
  [sent, refusal, failures, blindness] = [[], null, [], null];
  room = await open();
});
afterEach(async () => {
  await room.close();
  await inventory.close();
  vi.useRealTimers();
  await rm(directory, { recursive: true });
  expect(failures).toEqual([]);
});

test("what is gone is told to whom it concerns, and its end; the fleet's history has both", async () => {
  await pass(minute);
  nodes.set("user1", "offline");
  await pass(4 * minute);
  expect(told()).toEqual(["ops: firing node-gone/user1"]);
  const { active } = await room.list(10);
  expect(active).toMatchObject([{ rule: "node-gone", state: "firing", labels: { tenant: "user1" }, told: ["ops"] }]);
  nodes.set("user1", "online");
  await pass(7 * minute);
  expect(told().slice(1)).toEqual(["ops: resolved node-gone/user1"]);
  const { active: left, recent } = await room.list(10);
  expect([left, recent]).toMatchObject([[], [{ state: "ended" }]]);
  const kinds = (await listEvents(inventory.database)).map(({ kind }) => kind);
  expect(kinds).toEqual(["alert.ended", "alert.begun"]);
});

test("a controller that comes back tells nothing twice, and forgets nothing", async () => {
  nodes.set("user2", "offline");
  await pass(4 * minute);
  const before = told();
  expect(before.toSorted()).toEqual(["ops: firing node-gone/user2", "user2: firing node-gone/user2"]);
  await room.close();
  vi.setSystemTime(Date.now() + 60 * minute);
  room = await open();
  await pass(10 * minute);
  expect(told()).toEqual(before);
  nodes.set("user2", "online");
  await pass(10 * minute);
  expect(told().slice(2).toSorted()).toEqual(["ops: resolved node-gone/user2", "user2: resolved node-gone/user2"]);
});

test("what got well before it was told is pending no more, and what it was amiss counts if it comes back", async () => {
  await room.close();
  let missing: string | null = "the secret alerts/ops is not set";
  room = await open({ missing: (receiver) => (receiver === "ops" ? missing : null) });
  await pass(minute);
  expect((await room.list(0)).active).toMatchObject([{ rule: "undelivered", state: "pending" }]);
  missing = null;
  await pass(5000);
  expect((await room.list(0)).active).toEqual([]);
  await pass(minute);
  missing = "the secret alerts/ops is not set";
  await pass(4.5 * minute);
  expect((await room.list(0)).active).toMatchObject([{ rule: "undelivered", state: "firing" }]);
});

test("a message that is not taken is tried again, less and less often, and is an alert for others", async () => {
  refusal = new Error("mailbox is full");
  nodes.set("user2", "offline");
  await pass(20 * minute);
  const tries = sent.filter(({ receiver }) => receiver === "user2");
  expect(new Set(tries.map(({ message }) => message.id)).size).toBe(1);
  expect(tries.length).toBeGreaterThan(4);
  expect(tries.length).toBeLessThan(9);
  const { active, receivers } = await room.list(0);
  expect(active.map(({ rule, labels }) => `${rule} ${labels.receiver ?? labels.node ?? ""}`).toSorted()).toEqual([
    "node-gone user2",
    "undelivered ops",
    "undelivered user2",
  ]);
  expect(receivers).toMatchObject([
    { name: "ops", problem: "mailbox is full", undelivered: 1 },
    { name: "user2", problem: "mailbox is full", undelivered: 1 },
  ]);
  // After a restart as well.
  await room.close();
  room = await open();
  refusal = null;
  sent = [];
  await pass(20 * minute);
  expect(told()).toContain("user2: firing node-gone/user2");
  expect((await room.list(0)).receivers).toMatchObject([{ problem: null }, { problem: null }]);
});

test("what waits arrives while nothing can be looked at", async () => {
  refusal = new Error("mailbox is full");
  nodes.set("user1", "offline");
  await pass(4 * minute);
  [sent, refusal, blindness] = [[], null, new Error("the disk cannot be read")];
  await pass(5 * minute);
  expect(told()).toEqual(["ops: firing node-gone/user1"]);
  expect(new Set(failures)).toEqual(new Set(["Error: the disk cannot be read"]));
  failures = [];
});

test("what a while without a look has moved is stored, and a controller that is killed then counts none of it", async () => {
  nodes.set("user1", "offline");
  await pass(minute);
  const before = await listActiveAlerts(inventory.database);
  await room.close();
  const away = 60 * minute;
  vi.setSystemTime(Date.now() + away);
  room = await open();
  await pass(minute / 2);
  const after = await listActiveAlerts(inventory.database);
  expect(after).toMatchObject([{ key: "node-gone/user1", phase: "pending" }]);
  const [then, since] = [before, after].map(([state]) => state?.badSince ?? 0);
  expect((since ?? 0) - (then ?? 0)).toBeGreaterThanOrEqual(away);
});

test("a silence keeps it from being told; ended, it is told", async () => {
  const request = { matchers: { node: "user1" }, seconds: 7200, comment: "works on it" };
  const { id } = await room.silence(request, "anna");
  nodes.set("user1", "offline");
  await pass(10 * minute);
  expect(told()).toEqual([]);
  expect((await room.list(0)).active).toMatchObject([{ silencedBy: [id] }]);
  await room.endSilence(id, "anna");
  await expect(room.endSilence(id, "anna")).rejects.toMatchObject({ code: "not-found" });
  await pass(minute);
  expect(told()).toEqual(["ops: firing node-gone/user1"]);
});

test("a silence of a name that the fleet does not know is refused", async () => {
  const request = { matchers: { node: "usr1" }, seconds: 7200, comment: "" };
  const refused = { code: "not-found", message: "The fleet has no node 'usr1'" };
  await expect(room.silence(request, "anna")).rejects.toMatchObject(refused);
  expect((await room.list(0)).silences).toEqual([]);
});

test("a test says what each receiver answered", async () => {
  expect(await room.test("ops")).toMatchObject([{ receiver: "ops", delivered: true, answer: "200 OK" }]);
  refusal = new Error("410 Gone");
  expect(await room.test(null)).toMatchObject([
    { receiver: "ops", delivered: false, answer: "410 Gone" },
    { receiver: "user2", delivered: false },
  ]);
  nodes.set("user1", "offline");
  await pass(20 * minute);
  [sent, refusal] = [[], null];
  // It works again: what waits for it need not wait for its turn.
  await room.test("ops");
  await pass(minute / 6);
  expect(told()).toEqual(["ops: firing test", "ops: firing node-gone/user1"]);
  await expect(room.test("nobody")).rejects.toMatchObject({ code: "not-found", hint: "There are ops, user2." });
});
