/** A tenant's account sees what is the tenant's, whatever it asks for: each answer is searched for what is another's. */
import type { Account } from "@berth/shared/api/accounts";
import type { NodeDisks } from "@berth/shared/api/disks";
import { livePath } from "@berth/shared/api/live";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { nodeColumns } from "@berth/shared/metrics/samples";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { scopeOfTenant } from "../accounts/scope.ts";
import { buildApp } from "./app.ts";
import { idleDependencies } from "./testing/dependencies.ts";
import {
  at,
  backups,
  before,
  disks,
  placements,
  routes,
  row,
  samples,
  since,
  status,
  tenants,
} from "./testing/two-tenants.ts";

const accounts: Record<string, Account> = {
  tina: { name: "tina", role: "tenant", tenant: "user1" },
  gone: { name: "gone", role: "tenant", tenant: "user9" },
  vera: { name: "vera", role: "viewer", tenant: null },
};

let asked: unknown[];
let app: FastifyInstance;
beforeEach(() => void (asked = []));
beforeAll(async () => {
  const note = <Answer>(question: unknown, answer: Answer): Promise<Answer> => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  app = await buildApp(
    {
      ...idleDependencies,
      fleet: { ...idleDependencies.fleet, status: async () => status },
      samples: { recent: async ({ node }) => samples.filter((one) => node === undefined || one.node === node) },
      disks: { read: (node) => disks.filter((one) => node === undefined || one.node === node) },
      history: {
        ...idleDependencies.history,
        read: (question) =>
          note(question, {
            ...{ kind: question.kind, name: question.name, from: at, length: 0, series: [] },
            ...{ stepSeconds: 10, resolutionSeconds: 10 },
          }),
      },
      tenants: { ...idleDependencies.tenants, list: async () => tenants },
      routes: {
        ...idleDependencies.routes,
        list: async () => ({ routes, router: null }),
        test: (question) => note(question, []),
      },
      usage: {
        read: (question) =>
          note(question, {
            ...{ readAt: at, owners: [], databases: [], collections: [], buckets: [], models: [] },
            unread: [{ server: "qdrant", reason: "it answered 500: user2_vectors is damaged" }],
          }),
      },
      tenantSince: async (tenant) => (tenant === "user1" ? since : null),
      backups: {
        control: {
          ...idleDependencies.backups.control,
          list: async (of) => backups.filter(({ owner }) => of === undefined || owner === of),
        },
        late: async () => ["user1", "user2"].map((owner) => ({ owner, dueAt: at })),
      },
      instances: {
        ...idleDependencies.instances,
        logs: async (instance) => {
          asked.push(instance);
          return { containers: [], chunks: (async function* () {})() };
        },
      },
    },
    {
      ...{ logger: pino({ level: "silent" }), https: null, pageDirectory: null },
      access: {
        trusted: false,
        authenticate: async (token) => accounts[token] ?? null,
        scopeOf: (tenant) => scopeOfTenant(tenant, placements),
      },
    },
  );
});
afterAll(() => app.close());

async function ask(url: string, as = "tina", payload?: object) {
  const headers = { authorization: `Bearer ${as}` };
  const method = payload === undefined ? "GET" : "POST";
  const { statusCode, body } = await app.inject({ method, url, headers, ...(payload && { payload }) });
  return { statusCode, body, answer: body.startsWith("{") ? JSON.parse(body) : body };
}

const span = `from=${at}&to=2026-11-24T13:00:00.000Z&columns=cpuCores`;
const held = span.replace("cpuCores", "databaseBytes,rows,volumeBytes");
const onDisks = span.replace("cpuCores", "fileSystemUsedBytes,volumeBytes");

describe("a tenant's account", () => {
  test.each([
    ["/api/status"],
    ["/api/samples?seconds=60"],
    ["/api/disks"],
    ["/api/disks?node=both"],
    ["/api/tenants"],
    ["/api/tenants/user1"],
    ["/api/routes"],
    ["/api/backups"],
    ["/api/usage"],
    [`/api/history/tenant/user1?${span}`],
    [`/api/history/tenant/user1?${held}`],
    [`/api/history/instance/user1-flowise?${span}`],
    [`/api/history/node/user1?${span}`],
    [`/api/history/node/user1?${onDisks}&by=container`],
  ])("gets its own by %s, and of nobody else's a word", async (url) => {
    const { statusCode, body } = await ask(url);
    expect(statusCode).toBe(200);
    expect(body).not.toMatch(/user2|shared-postgres|host-of-both|host-of-shared/);
    expect(JSON.stringify(asked)).not.toMatch(/user2/);
  });

  test("sees its nodes: all of its own, and of one that others are on that it is there", async () => {
    const { answer } = await ask("/api/status");
    expect(answer.suspended.map(({ name }: { name: string }) => name)).toEqual(["user1-flowise"]);
    expect(answer.nodes.map(({ name, facts, vmid }: NodeStatus) => [name, facts?.hostname, vmid])).toEqual([
      ["user1", "host-of-user1", 7],
      ["both", undefined, null],
    ]);
    expect(answer.instances.map(({ name }: InstanceStatus) => name)).toEqual(["user1-n8n", "user1-flowise"]);
    expect(Object.keys(answer).toSorted()).toEqual(["backups", "fleet", "instances", "nodes", "suspended"]);
    const { answer: measured } = await ask("/api/samples?seconds=60");
    const own = {
      containers: [{ name: "user1-n8n", instance: "user1-n8n" }],
      frames: [{ at: 0, node: nodeColumns.map(() => 7), containers: [row(2)] }],
    };
    expect(measured.nodes).toEqual([{ node: "user1", ...own }]);
  });

  test("sees the disks of its own node, and of one that others are on its own volumes alone", async () => {
    const { answer } = await ask("/api/disks");
    const seen = answer.nodes.map((one: NodeDisks) => [
      one.node,
      one.fileSystems.map(({ device }) => device),
      one.volumes.map(({ name }) => name),
    ]);
    expect(seen).toEqual([
      ["user1", ["disk-of-user1"], ["user1-n8n-data"]],
      ["both", [], ["user1-flowise-data"]],
    ]);
    expect((await ask("/api/disks?node=user2")).answer).toEqual({ nodes: [] });
    expect((await ask("/api/disks", "gone")).answer).toEqual({ nodes: [] });
    expect((await ask("/api/disks", "vera")).answer).toEqual({ nodes: disks });
  });

  test.each([
    ["/api/tenants/user2", "No tenant is named 'user2'"],
    ["/api/usage?tenant=user2", "The fleet has no tenant 'user2'"],
    [`/api/history/tenant/user2?${span}`, "No tenant is named 'user2', nor was one lately"],
    [`/api/history/tenant/user2?${held}`, "No tenant is named 'user2', nor was one lately"],
    [`/api/history/instance/shared-postgres?${held}`, "No instance is named 'shared-postgres', nor was one lately"],
    [`/api/history/instance/user2-n8n?${span}`, "No instance is named 'user2-n8n', nor was one lately"],
    [`/api/history/node/both?${onDisks}`, "No node is named 'both', nor was one lately"],
    [`/api/history/node/both?${span}`, "No node is named 'both', nor was one lately"],
    [`/api/history/node/shared?${span}`, "No node is named 'shared', nor was one lately"],
    ["/api/instances/user2-n8n/logs", "No instance is named 'user2-n8n'"],
    ["/api/instances/shared-postgres/logs", "No instance is named 'shared-postgres'"],
  ])("is told of %s what it would be told if it were not there", async (url, message) => {
    const { statusCode, answer } = await ask(url);
    expect([statusCode, answer.error.message]).toEqual([404, message]);
    expect(asked).toEqual([]);
  });

  test("asks for its own use, routes and backups, whatever it names", async () => {
    await ask("/api/usage");
    await ask("/api/routes/test", "tina", { hosts: ["user1.example.org"], patienceSeconds: 40 });
    await ask("/api/routes/test", "tina", {});
    expect(asked).toEqual([
      { tenant: "user1" },
      { hosts: ["user1.example.org"], patienceSeconds: 0 },
      { hosts: ["user1.example.org"], patienceSeconds: 0 },
    ]);
    const foreign = await ask("/api/routes/test", "tina", { hosts: ["user1.example.org", "user2.example.org"] });
    expect([foreign.statusCode, foreign.answer.error.message]).toEqual([
      404,
      "No route has the name 'user2.example.org'",
    ]);
    const { answer } = await ask("/api/backups?of=user2");
    expect(answer).toEqual({ backups: [], late: [] });
  });

  test("sees nothing from before it was taken in: somebody else had its name", async () => {
    expect((await ask("/api/backups")).answer.backups).toMatchObject([{ owner: "user1", createdAt: at }]);
    expect((await ask("/api/status")).answer.backups).toMatchObject([
      { owner: "user1", lateSince: at, provenAt: null },
    ]);
    await ask(`/api/history/tenant/user1?from=${before}&to=${at}&columns=cpuCores`);
    expect(asked).toMatchObject([{ from: Date.parse(since), to: Date.parse(at) }]);
  });

  test("asks for what its own node's disks held, within its own instances and by the names it wants", async () => {
    await ask(`/api/history/node/user1?${onDisks}&by=container&only=/,user1-n8n-data`);
    expect(asked).toEqual([
      expect.objectContaining({
        ...{ kind: "node", name: "user1", by: "container", columns: ["fileSystemUsedBytes", "volumeBytes"] },
        ...{ only: new Set(["/", "user1-n8n-data"]), instances: new Set(["user1-n8n", "user1-flowise"]) },
      }),
    ]);
  });

  test("reads the logs of its instances, without an operator's role", async () => {
    const origin = await app.listen({ host: "127.0.0.1", port: 0 });
    const response = await fetch(`${origin}/api/instances/user1-n8n/logs`, {
      headers: { authorization: "Bearer tina" },
    });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("event: end")]);
    expect(asked).toEqual(["user1-n8n"]);
  });

  test("may follow no run", async () => {
    expect((await ask(`${livePath}?run=1`)).statusCode).toBe(403);
  });

  test("of a tenant that the fleet does not have sees nothing", async () => {
    const { answer } = await ask("/api/status", "gone");
    expect([answer.nodes, answer.instances, answer.backups]).toEqual([[], [], []]);
    expect((await ask("/api/tenants", "gone")).answer).toEqual({ tenants: [] });
    expect((await ask("/api/samples?seconds=60", "gone")).answer).toEqual({ nodes: [] });
  });

  test("is the only one that is held to anything", async () => {
    expect((await ask("/api/status", "vera")).answer).toEqual(status);
    expect((await ask("/api/backups", "vera")).answer.backups).toHaveLength(4);
    // Logs may hold anything: an operator reads them, and whose they are.
    expect((await ask("/api/instances/user1-n8n/logs", "vera")).statusCode).toBe(403);
  });
});
