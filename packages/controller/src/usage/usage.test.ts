import type { LiveSamples } from "@berth/shared/api/live";
import type { InstanceStatus } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import { placements } from "@berth/shared/fleet/instances";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import { beforeEach, expect, test } from "vitest";
import { noFleetYet } from "../apply/fleet-store.ts";
import type { StoreReading } from "../needs/stores.ts";
import { desiredState } from "../plan/desired.ts";
import { createUsage, type UsageRoom } from "./usage.ts";

const text = `
fleet: valuechain
domain: valuechain.example
controller: { address: 10.0.6.1 }
nodes:
  shared: { address: 10.0.6.10, ssh: {} }
  user1: { address: 10.0.6.11, ssh: {} }
  user2: { address: 10.0.6.12, ssh: {} }
services:
  shared:
    postgres: { node: shared }
    qdrant: { node: shared }
    minio: { node: shared, bucketQuota: 1 GiB }
    ollama: { node: shared, models: ["llama3.2:3b"] }
  tenant: { n8n: {}, flowise: {} }
tenants:
  user1: { node: user1 }
  user2: { node: user2, suspended: true }
`;

const options = {
  ...{ catalog, registryMirror: null, agentVersion: "1.0.0", controllerCa: "CA" },
  ...{ secretVersion: () => 1, givenSecret: () => null },
};

let now: number;
let asked: string[];
let answers: Record<string, Partial<StoreReading> | Error>;
let unhealthy: string[];
let samples: LiveSamples[];
let failures: unknown[];

beforeEach(() => {
  now = Date.parse("2026-11-24T12:00:00.000Z");
  asked = [];
  unhealthy = [];
  failures = [];
  samples = [];
  answers = {
    "shared-postgres": {
      databases: new Map([
        ["user1_n8n", { database: "user1_n8n", bytes: 100, connections: 3, rows: { execution_entity: 12 } }],
        ["user2_n8n", { database: "user2_n8n", bytes: 300, connections: 0, rows: {} }],
      ]),
    },
    "shared-qdrant": { points: new Map([["user1_flowise_vectors", 7]]) },
    "shared-minio": { buckets: new Map([["user1-uploads", { bytes: 50, objects: 2, countedAt: null }]]) },
    "shared-ollama": { models: [{ model: "llama3.2:3b", memoryBytes: 5, graphicsMemoryBytes: 0 }] },
  };
});

function fleetOf(yaml: string): Fleet {
  const { fleet, problems } = parseFleet(yaml, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(JSON.stringify(problems));
  return fleet;
}

function open(fleet: Fleet | null = fleetOf(text)): UsageRoom {
  const awake = (of: Fleet): Fleet => ({
    ...of,
    tenants: Object.fromEntries(
      Object.entries(of.tenants).map(([name, tenant]) => [name, { ...tenant, suspended: false }]),
    ),
  });
  return createUsage({
    fleet: async () => {
      if (fleet === null) throw noFleetYet();
      return fleet;
    },
    needs: (of) => desiredState(awake(of), options).needs,
    placements: (of) => placements(of, catalog),
    status: async () => ({
      fleet: "valuechain",
      nodes: [],
      instances: Object.keys(answers).map((name): InstanceStatus => ({
        ...{ name, service: name, node: "shared", tenant: null, version: "1", drift: [], ports: [], containers: [] },
        state: unhealthy.includes(name) ? "unhealthy" : "healthy",
      })),
    }),
    readStore: async (_, server) => {
      asked.push(server);
      const answer = answers[server];
      if (answer instanceof Error) throw answer;
      return { databases: new Map(), points: new Map(), buckets: new Map(), models: [], ...answer };
    },
    recentSamples: () => samples,
    onFailure: (error) => failures.push(error),
    now: () => now,
  });
}

const row = (cpu: number, memory: number): number[] => [cpu, memory, 0, 0, 0, 0, 0, 1];

test("adds up what a tenant uses over all nodes and stores, suspended ones too", async () => {
  samples = [
    {
      node: "user1",
      containers: [
        { name: "user1-n8n", instance: "user1-n8n" },
        { name: "user1-flowise", instance: "user1-flowise" },
        { name: "cadvisor", instance: "cadvisor" },
      ],
      frames: [
        { at: 0, node: [], containers: [row(9, 9), row(9, 9), row(9, 9)] },
        { at: 1, node: [], containers: [row(0.5, 100), row(0.25, 50), row(4, 4)] },
      ],
    },
    {
      node: "shared",
      containers: [{ name: "shared-postgres", instance: "shared-postgres" }],
      frames: [{ at: 1, node: [], containers: [row(1, 1000)] }],
    },
  ];
  const usage = await open().read({});
  expect(usage.owners).toEqual([
    {
      ...{ tenant: "user1", cpuCores: 0.75, memoryBytes: 150, databaseBytes: 100, connections: 3 },
      ...{ points: 7, bucketBytes: 50, objects: 2 },
    },
    {
      ...{ tenant: "user2", cpuCores: null, memoryBytes: null, databaseBytes: 300, connections: 0 },
      ...{ points: 0, bucketBytes: 0, objects: 0 },
    },
    {
      ...{ tenant: null, cpuCores: 1, memoryBytes: 1000, databaseBytes: 0, connections: 0 },
      ...{ points: 0, bucketBytes: 0, objects: 0 },
    },
  ]);
  expect(usage.databases.map(({ database }) => database)).toEqual(["user2_n8n", "user1_n8n"]);
  expect(usage.databases[1]).toMatchObject({ tenant: "user1", instance: "user1-n8n", connectionLimit: 20 });
  expect(usage.databases.map(({ counts }) => counts)).toEqual([{}, { executions: 12 }]);
  expect(usage.buckets).toEqual([
    {
      ...{ server: "shared-minio", tenant: "user1", owner: "user1", bucket: "user1-uploads", bytes: 50, objects: 2 },
      ...{ quotaBytes: 1024 ** 3, fullAt: null, countedAt: null },
    },
  ]);
  expect(usage.models).toEqual([
    { server: "shared-ollama", model: "llama3.2:3b", memoryBytes: 5, graphicsMemoryBytes: 0 },
  ]);
});

test("of one tenant alone", async () => {
  const usage = await open().read({ tenant: "user1" });
  expect(usage.owners.map(({ tenant }) => tenant)).toEqual(["user1"]);
  expect(usage.databases.map(({ database }) => database)).toEqual(["user1_n8n"]);
  expect(usage.models).toEqual([]);
  await expect(open().read({ tenant: "user9" })).rejects.toMatchObject({ code: "not-found" });
});

test("a store that does not answer, or is not healthy and so not asked, costs what it holds and nothing else", async () => {
  unhealthy = ["shared-qdrant"];
  answers["shared-minio"] = new Error("it is away");
  const usage = await open().read({});
  expect(usage.unread.toSorted((one, other) => one.server.localeCompare(other.server))).toEqual([
    { server: "shared-minio", reason: "it is away" },
    { server: "shared-qdrant", reason: "shared-qdrant is not healthy" },
  ]);
  expect(usage.databases).toHaveLength(2);
  expect(asked).not.toContain("shared-qdrant");
});

test("asks once, however many want to know, and again after half a minute", async () => {
  const room = open();
  await Promise.all([room.read({}), room.read({ tenant: "user1" }), room.read({})]);
  expect(asked).toHaveLength(4);
  now += 29_000;
  await room.read({});
  expect(asked).toHaveLength(4);
  now += 2000;
  await room.read({});
  expect(asked).toHaveLength(8);
});

test("is recalled without waiting, and read anew beside", async () => {
  const room = open();
  expect(room.recall()).toBeNull();
  await expect.poll(() => room.recall()?.databases).toHaveLength(2);
  expect(asked).toHaveLength(4);
  now += 31_000;
  expect(room.recall()?.readAt).toBe("2026-11-24T12:00:00.000Z");
  await expect.poll(() => room.recall()?.readAt).toBe("2026-11-24T12:00:31.000Z");
  expect(failures).toEqual([]);
});

test("says nothing before the first apply, and complains of nothing", async () => {
  const room = open(null);
  expect(room.recall()).toBeNull();
  await expect(room.read({})).rejects.toMatchObject({ code: "not-found" });
  expect(failures).toEqual([]);
});
