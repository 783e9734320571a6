/** From a real PostgreSQL to what the API tells of the past: a database grows, and the history says by how much. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import { placements } from "@berth/shared/fleet/instances";
import { defaultHistory } from "@berth/shared/fleet/metrics";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HistoryApi } from "../api/history.ts";
import type { Inventory } from "../inventory/database.ts";
import { putDesiredInstance } from "../inventory/instances.ts";
import { putNode } from "../inventory/nodes.ts";
import { openInventory } from "../inventory/open.ts";
import { putTenant } from "../inventory/tenants.ts";
import { type History, openHistory } from "../metrics/history/history.ts";
import { createStores, type Stores } from "../needs/stores.ts";
import { databaseNeed, loginOfNeed, TestPostgres } from "../needs/testing/postgres.ts";
import { desiredState } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import { createHistoryApi } from "../serve/history.ts";
import { createRecorder, type Recorder } from "./record.ts";
import { createUsage } from "./usage.ts";

const quarter = 15 * 60_000;
const start = Date.parse("2026-11-24T12:00:00Z");
const mebibyte = 1024 ** 2;
const directory = mkdtempSync(join(tmpdir(), "berth-usage-history-"));
const users = ["user1", "user2"].map((tenant) => databaseNeed(tenant));
const failures: unknown[] = [];

let now = start;
let postgres: TestPostgres;
let inventory: Inventory;
let stores: Stores;
let history: History;
let recorder: Recorder;
let api: HistoryApi;

function fleetAt(port: number): Fleet {
  const text = `
fleet: valuechain
domain: valuechain.example
controller: { address: 10.0.6.1 }
nodes:
  shared: { address: 127.0.0.1, ssh: {} }
  user1: { address: 127.0.0.2, ssh: {} }
  user2: { address: 127.0.0.3, ssh: {} }
services:
  shared: { postgres: { node: shared, hostPort: ${port} } }
  tenant: { n8n: {} }
tenants:
  user1: { node: user1 }
  user2: { node: user2 }
`;
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(JSON.stringify(problems));
  return fleet;
}

beforeAll(async () => {
  postgres = await TestPostgres.start();
  for (const need of users) await postgres.ensure(need);
  const fleet = fleetAt(postgres.server.port);
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  for (const { name, address } of Object.entries(fleet.nodes).map(([node, of]) => ({ name: node, ...of }))) {
    await putNode(inventory.database, { name, address, proxmox: null });
  }
  for (const tenant of ["user1", "user2"]) {
    await putTenant(inventory.database, { name: tenant, node: tenant });
    const common = { service: "n8n", version: "1", hash: "h", ports: [] };
    await putDesiredInstance(inventory.database, { ...common, name: `${tenant}-n8n`, node: tenant, tenant });
  }
  stores = createStores({
    catalogOf: () => catalog,
    reveal: () => postgres.server.password,
    peek: () => undefined,
    earlier: () => [],
    databaseNeeds: () => users,
  });
  const quiet = () => undefined;
  history = openHistory({
    file: join(directory, "metrics.sqlite"),
    settings: () => defaultHistory,
    recent: () => [],
    recentSince: quiet,
    logger: { info: quiet, warn: quiet, error: quiet },
    clock: { now: () => now },
    isTimed: false,
  });
  const usage = createUsage({
    fleet: async () => fleet,
    needs: (of) => desiredState(of, desiredOptions).needs,
    placements: (of) => placements(of, catalog),
    status: async () => ({
      ...{ fleet: "valuechain", nodes: [] },
      instances: [
        {
          ...{ name: "shared-postgres", service: "postgres", node: "shared", tenant: null, version: "1" },
          ...{ state: "healthy", drift: [], ports: [], containers: [] },
        },
      ],
    }),
    readStore: stores.read,
    recentSamples: () => [],
    onFailure: (error) => failures.push(error),
    now: () => now,
  });
  const onFailure = (error: unknown) => failures.push(error);
  recorder = createRecorder({ read: usage.readStores, disks: () => [], add: history.addHoldings, onFailure });
  api = createHistoryApi(
    history,
    inventory,
    () => fleet,
    () => now,
  );
});

afterAll(async () => {
  recorder?.close();
  await history?.close();
  await stores?.close();
  await inventory?.close();
  await postgres?.remove();
  rmSync(directory, { recursive: true, force: true });
});

async function recordAt(at: number): Promise<void> {
  now = at;
  await recorder.record();
}

/** As PostgreSQL itself tells it. */
function sizeOf(database: string): Promise<number> {
  return postgres.asSuperuser(async (client) => {
    const { rows } = await client.query<{ bytes: string }>("select pg_database_size($1) as bytes", [database]);
    return Number(rows[0]?.bytes);
  });
}

async function told(tenant: string, columns: string[]) {
  const question = { kind: "tenant", name: tenant, by: "container", instances: null, only: null } as const;
  return api.read({ ...question, columns, from: start, to: start + 4 * quarter, points: 4 });
}

async function curve(tenant: string, column: string): Promise<(number | null)[]> {
  const { series } = await told(tenant, [column]);
  return series[0]?.columns[column]?.average ?? [];
}

/** The history keeps a value to 0.025 %. */
function expectNear(value: number | null | undefined, expected: number): void {
  expect(Math.abs((value ?? Number.NaN) - expected) / expected).toBeLessThan(0.0005);
}

test("a database grows, another one does not, and while the server is away there is a gap and no zero", async () => {
  const [grows] = users;
  if (grows === undefined) throw new Error("There is no user1");
  const before = await sizeOf("user1_n8n");
  await recordAt(start);
  await postgres.as(loginOfNeed(grows, { from: "127.0.0.2" }), async (client) => {
    await client.query("create table execution_entity (id int, data text)");
    await client.query("insert into execution_entity select n, repeat('x', 1000) from generate_series(1, 20000) n");
  });
  const after = await sizeOf("user1_n8n");
  // 20 000 rows of a thousand bytes.
  expect(after - before).toBeGreaterThan(20_000_000);
  await recordAt(start + quarter);
  await postgres.end();
  await recordAt(start + 2 * quarter);
  await postgres.run();
  const other = await sizeOf("user2_n8n");
  await recordAt(start + 3 * quarter);

  const sizes = await curve("user1", "databaseBytes");
  expect(sizes.map((size) => size === null)).toEqual([false, false, true, false]);
  expectNear(sizes[0], before);
  expectNear(sizes[1], after);
  expectNear((sizes[1] ?? 0) - (sizes[0] ?? 0), after - before);
  const others = await curve("user2", "databaseBytes");
  // A first connection leaves a file of some 160 KB in each.
  expect(Math.abs((others[1] ?? 0) - (others[0] ?? 0))).toBeLessThan(mebibyte);
  expectNear(others[3], other);
  expect(await curve("user1", "rows:executions")).toEqual([null, 20_000, null, 20_000]);
  const { series, stepSeconds } = await told("user1", ["databaseBytes", "rows", "cpuCores"]);
  expect(stepSeconds).toBe(900);
  expect(series.map(({ name, columns }) => [name, Object.keys(columns)])).toEqual([
    ["user1_n8n", ["databaseBytes", "rows:executions"]],
  ]);
  expect(failures).toEqual([]);
}, 120_000);

test("is the same after all of it was written and folded", async () => {
  const before = await curve("user1", "databaseBytes");
  history.flush();
  now = start + 24 * 3_600_000;
  await history.keepHouse();
  const after = await curve("user1", "databaseBytes");
  expect(after.map((value) => value === null)).toEqual(before.map((value) => value === null));
  for (const [step, value] of before.entries()) if (value !== null) expectNear(after[step], value);
});
