import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fleet, fleetSchema } from "@berth/shared/fleet/schema";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { HistoryApi, HistoryQuestion } from "../api/history.ts";
import type { Inventory } from "../inventory/database.ts";
import { putDesiredInstance } from "../inventory/instances.ts";
import { putNode } from "../inventory/nodes.ts";
import { openInventory } from "../inventory/open.ts";
import { putTenant } from "../inventory/tenants.ts";
import { groupOfHolding } from "../metrics/history/holding.ts";
import type { Group } from "../metrics/history/pending.ts";
import type { HistoryQuery } from "../metrics/history/read.ts";
import { createHistoryApi } from "./history.ts";

const groups: Group[] = [
  { node: "user1", container: "", instance: "" },
  { node: "user1", container: "user1-n8n", instance: "user1-n8n" },
  { node: "user1", container: "user1-n8n-worker", instance: "user1-n8n" },
  { node: "user1", container: "user1-gone", instance: "user1-gone" },
  { node: "shared1", container: "user1-redis", instance: "user1-redis" },
  { node: "shared1", container: "user1-a-redis", instance: "user1-a-redis" },
  { node: "shared1", container: "user1-removed-n8n", instance: "user1-removed-n8n" },
  { node: "shared1", container: "shared-postgres", instance: "shared-postgres" },
  groupOfHolding({ kind: "database", name: "user1_n8n", owner: "user1-n8n" }),
  groupOfHolding({ kind: "database", name: "user1_gone", owner: "user1-gone" }),
  groupOfHolding({ kind: "collection", name: "user1_a_vectors", owner: "user1-a-flowise" }),
  groupOfHolding({ kind: "bucket", name: "user1-uploads", owner: "user1" }),
  groupOfHolding({ kind: "bucket", name: "user1-a-uploads", owner: "user1-a" }),
  groupOfHolding({ kind: "bucket", name: "user1-gone-uploads", owner: "user1-gone" }),
  groupOfHolding({ kind: "bucket", name: "langfuse", owner: "shared-langfuse" }),
  ...["user1", "shared1"].map((node) => groupOfHolding({ kind: "file-system", name: `/of-${node}`, owner: "", node })),
  ...[
    ["user1", "user1-n8n", "user1-n8n-data"],
    ["user1", "user1-gone", "user1-gone-data"],
    ["user1", "", "by-hand"],
    ["shared1", "user1-redis", "user1-redis-data"],
    ["shared1", "user1-a-redis", "user1-a-redis-data"],
    ["shared1", "", "of-nobody"],
  ].map(([node = "", owner = "", name = ""]) => groupOfHolding({ kind: "volume", name, owner, node })),
];
const day = 86_400_000;
const now = 1000 * day;
let directory: string;
let inventory: Inventory;
let api: HistoryApi;
let asked: HistoryQuery | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-history-api-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  await putNode(inventory.database, { name: "user1", address: "10.0.6.11", proxmox: null });
  await putNode(inventory.database, { name: "shared1", address: "10.0.6.10", proxmox: null });
  await putTenant(inventory.database, { name: "user1", node: "user1" });
  const common = { service: "n8n", version: "1", hash: "h", ports: [] };
  await putDesiredInstance(inventory.database, { ...common, name: "user1-n8n", node: "user1", tenant: "user1" });
  await putDesiredInstance(inventory.database, { ...common, name: "user1-redis", node: "shared1", tenant: "user1" });
  const read = (query: HistoryQuery) => {
    asked = query;
    const names = new Set(groups.flatMap((group) => query.nameOf(group) ?? []));
    const series = [...names].map((name) => ({ name, columns: {} }));
    return { resolutionMilliseconds: 60_000, stepMilliseconds: 120_000, from: 0, length: 5, series };
  };
  const unused = () => undefined;
  const history = {
    read,
    add: unused,
    addHoldings: unused,
    frames: async ({ node }: { node: string }) => ({ node, containers: [], frames: [] }),
    flush: unused,
    keepHouse: async () => {},
    close: async () => {},
  };
  const status = { bytes: 1, maxBytes: 2, resolutions: [], problem: null, setAside: null };
  api = createHistoryApi({ ...history, status: () => status }, inventory, fleetOf, () => now);
});
afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
});

function fleetOf(): Fleet {
  return fleetSchema.parse({
    ...{ fleet: "test", domain: "example.org", controller: { address: "10.0.6.1" } },
    nodes: { user1: { address: "10.0.6.11" }, "user1-a": { address: "10.0.6.12" } },
    tenants: { user1: { node: "user1" }, "user1-a": { node: "user1-a" } },
  });
}

const question = (change: Partial<HistoryQuestion>): HistoryQuestion => ({
  ...{
    kind: "node",
    name: "user1",
    columns: ["cpuCores"],
    from: now - 600_000,
    to: now,
    points: 5,
    by: "sum",
    instances: null,
    only: null,
    ...change,
  },
});

async function groupsOf(change: Partial<HistoryQuestion>): Promise<string[]> {
  await api.read(question(change));
  return groups.filter((group) => asked?.nameOf(group) !== undefined).map(({ node, container }) => container || node);
}

it("takes a node's own series for a node, its containers' when they are wanted apart, and what is on its disks", async () => {
  const onDisks = ["/of-user1", "user1-n8n-data", "user1-gone-data", "by-hand"];
  expect(await groupsOf({})).toEqual(["user1", ...onDisks]);
  expect(await groupsOf({ by: "container" })).toEqual(["user1-n8n", "user1-n8n-worker", "user1-gone", ...onDisks]);
  expect(await groupsOf({ name: "shared1" })).toEqual([
    ...["/of-shared1", "user1-redis-data", "user1-a-redis-data", "of-nobody"],
  ]);
});

it("takes things of some names alone where that is wanted", async () => {
  const only = new Set(["/of-user1", "by-hand", "user1-n8n", "user1-redis-data"]);
  expect(await groupsOf({ by: "container", only })).toEqual(["user1-n8n", "/of-user1", "by-hand"]);
  expect(await groupsOf({ kind: "tenant", only })).toEqual(["user1-n8n", "user1-redis-data"]);
});

it("gives the history of a volume to nobody who has one of that name after another owner", async () => {
  const [former, present] = ["user1-a-b", "user1-a"].map((owner) =>
    groupOfHolding({ kind: "volume", name: "user1-a-b-data", owner, node: "shared1" }),
  );
  expect(former?.node).not.toBe(present?.node);
});

it("takes all containers of an instance, added up or apart", async () => {
  expect(await groupsOf({ kind: "instance", name: "user1-n8n" })).toEqual([
    "user1-n8n",
    "user1-n8n-worker",
    "user1_n8n",
    "user1-n8n-data",
  ]);
  const { series } = await api.read(question({ kind: "instance", name: "user1-n8n", by: "container" }));
  expect(series.map(({ name }) => name)).toEqual(["user1-n8n", "user1-n8n-worker", "user1_n8n", "user1-n8n-data"]);
  expect(await groupsOf({ kind: "instance", name: "shared-langfuse" })).toEqual(["langfuse"]);
});

it("takes what is a tenant's on every node, also what was removed, and nothing of one with a longer name", async () => {
  expect(await groupsOf({ kind: "tenant" })).toEqual([
    ...["user1-n8n", "user1-n8n-worker", "user1-gone", "user1-redis"],
    ...["user1_n8n", "user1_gone", "user1-uploads"],
    ...["user1-n8n-data", "user1-gone-data", "user1-redis-data"],
  ]);
  expect(await groupsOf({ kind: "tenant", name: "user1-a" })).toEqual([
    ...["user1-a-redis", "user1_a_vectors", "user1-a-uploads", "user1-a-redis-data"],
  ]);
});

it("takes of those alone that may be seen, whoever a name says that something is", async () => {
  const instances = new Set(["user1-n8n"]);
  expect(await groupsOf({ by: "container", instances })).toEqual([
    ...["user1-n8n", "user1-n8n-worker", "/of-user1", "user1-n8n-data"],
  ]);
  expect(await groupsOf({ kind: "tenant", instances })).toEqual([
    ...["user1-n8n", "user1-n8n-worker", "user1_n8n", "user1-uploads", "user1-n8n-data"],
  ]);
  expect(await groupsOf({ instances })).toEqual(["user1", "/of-user1", "user1-n8n-data"]);
});

it("answers in seconds and moments", async () => {
  expect(await api.read(question({}))).toEqual({
    ...{ kind: "node", name: "user1", from: "1970-01-01T00:00:00.000Z", length: 5 },
    ...{ stepSeconds: 120, resolutionSeconds: 60, series: [{ name: "user1", columns: {} }] },
  });
});

it("asks for no time before and after what can be there: each step of it would cost memory", async () => {
  await api.read(question({ from: Date.parse("0001-01-01T00:00:00Z"), to: Date.parse("9999-12-31T00:00:00Z") }));
  expect(asked).toMatchObject({ from: now - 396 * day, to: now + 900_000 });
  await api.read(question({ from: now - day, to: now }));
  expect(asked).toMatchObject({ from: now - day, to: now });
  await api.read(question({ from: Date.parse("0001-01-01T00:00:00Z"), to: Date.parse("1600-01-01T00:00:00Z") }));
  expect(asked).toMatchObject({ from: now - 396 * day, to: now - 396 * day });
});

it("knows nothing of what never was", async () => {
  await expect(api.read(question({ name: "nobody" }))).rejects.toMatchObject({ code: "not-found" });
  await expect(api.read(question({ kind: "tenant", name: "nobody" }))).rejects.toMatchObject({ code: "not-found" });
});
