/** A tenant's account sees what is the tenant's, whatever it asks for: each answer is searched for what is another's. */
import type { Account } from "@berth/shared/api/accounts";
import type { Backup } from "@berth/shared/api/backups";
import { livePath, type LiveSamples } from "@berth/shared/api/live";
import type { Route } from "@berth/shared/api/routes";
import type { FleetStatus, InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import type { TenantStatus } from "@berth/shared/api/tenants";
import type { Placement } from "@berth/shared/fleet/instances";
import { catalog } from "@berth/shared/catalog/index";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { scopeOfTenant } from "../accounts/scope.ts";
import { buildApp } from "./app.ts";
import type { LiveEvent } from "./live.ts";
import { createNarrowing } from "./live-scope.ts";
import { idleDependencies } from "./testing/dependencies.ts";

const accounts: Record<string, Account> = {
  tina: { name: "tina", role: "tenant", tenant: "user1" },
  gone: { name: "gone", role: "tenant", tenant: "user9" },
  vera: { name: "vera", role: "viewer", tenant: null },
};
const at = "2026-11-24T12:00:00.000Z";

/** user1 has a node of its own, and an instance on one that it shares with user2. */
const places = [
  ["user1-n8n", "user1", "user1"],
  ["user1-flowise", "user1", "both"],
  ["user2-n8n", "user2", "both"],
  ["user2-flowise", "user2", "user2"],
  ["shared-postgres", null, "shared"],
] as const;
const [service] = catalog.values();
const placements = places.map(
  ([instance, tenant, node]) => ({ instance, tenant, node, service }) as unknown as Placement,
);

const nodes = ["user1", "both", "user2", "shared"].map((name): NodeStatus => ({
  ...{ name, address: "10.0.6.9", state: "online", agentVersion: "1", outdated: false, lastSeen: at, vmid: 7 },
  clockSkewMilliseconds: 3,
  facts: {
    ...{ hostname: `host-of-${name}`, os: "Debian", kernel: "6", architecture: "x64", cores: 2 },
    ...{ memoryBytes: 1, dockerVersion: "20", cgroupVersion: 2 },
  },
}));
const instances = places.map(([name, tenant, node]): InstanceStatus => ({
  ...{ name, service: "n8n", node, tenant, state: "healthy", version: "1", drift: [], ports: [], containers: [] },
}));
const status: FleetStatus = {
  ...{ fleet: "valuechain", nodes, instances },
  backups: ["user1", "user2"].map((owner) => ({
    ...{ owner, newest: null, failed: null, lateSince: null, provenAt: null },
  })),
  controllerBackup: { newest: null, failed: null, lateSince: at, recoveryKey: null },
  history: { bytes: 5, maxBytes: 6, resolutions: [], problem: null, setAside: null },
};
const samples = nodes.map(({ name }): LiveSamples => ({ node: name, containers: [], frames: [] }));
const tenants = ["user1", "user2"].map((name): TenantStatus => ({
  ...{ name, state: "active", node: name, address: null, instances: [], databases: [`${name}_n8n`] },
  ...{ collections: [], buckets: [], keys: [], hosts: [] },
}));
const routes = ["user1", "user2"].map((tenant): Route => ({
  ...{ host: `${tenant}.example.org`, url: `https://${tenant}.example.org/`, service: "n8n", tenant },
  ...{ instance: `${tenant}-n8n`, servers: [], healthCheck: null, state: "published", reason: null, suspended: false },
}));
const backups = ["user1", "user2", "shared-postgres"].map((owner): Backup => ({
  ...{ id: `of-${owner}`, owner, subject: owner, run: 1, createdAt: at, state: "complete", reason: "manual" },
  ...{ location: null, parts: [], secrets: [], verifiedAt: null, provenAt: null },
}));

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
      samples: { recent: () => samples },
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
            ...{ readAt: at, owners: [], databases: [], collections: [], buckets: [], models: [], unread: [] },
          }),
      },
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
          return (async function* () {})();
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

describe("a tenant's account", () => {
  test.each([
    ["/api/status"],
    ["/api/samples?seconds=60"],
    ["/api/tenants"],
    ["/api/tenants/user1"],
    ["/api/routes"],
    ["/api/backups"],
    ["/api/usage"],
    [`/api/history/tenant/user1?${span}`],
    [`/api/history/instance/user1-flowise?${span}`],
    [`/api/history/node/user1?${span}`],
  ])("gets its own by %s, and of nobody else's a word", async (url) => {
    const { statusCode, body } = await ask(url);
    expect(statusCode).toBe(200);
    expect(body).not.toMatch(/user2|shared-postgres|host-of-both|host-of-shared/);
    expect(JSON.stringify(asked)).not.toMatch(/user2/);
  });

  test("sees its nodes: all of its own, and of one that others are on that it is there", async () => {
    const { answer } = await ask("/api/status");
    expect(answer.nodes.map(({ name, facts, vmid }: NodeStatus) => [name, facts?.hostname, vmid])).toEqual([
      ["user1", "host-of-user1", 7],
      ["both", undefined, null],
    ]);
    expect(answer.instances.map(({ name }: InstanceStatus) => name)).toEqual(["user1-n8n", "user1-flowise"]);
    expect(Object.keys(answer).toSorted()).toEqual(["backups", "fleet", "instances", "nodes"]);
    const { answer: measured } = await ask("/api/samples?seconds=60");
    expect(measured.nodes.map(({ node }: LiveSamples) => node)).toEqual(["user1"]);
  });

  test.each([
    ["/api/tenants/user2", "No tenant is named 'user2'"],
    ["/api/usage?tenant=user2", "The fleet has no tenant 'user2'"],
    [`/api/history/tenant/user2?${span}`, "No tenant is named 'user2', nor was one lately"],
    [`/api/history/instance/user2-n8n?${span}`, "No instance is named 'user2-n8n', nor was one lately"],
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
    await ask("/api/routes/test", "tina", { hosts: ["user1.example.org", "user2.example.org"] });
    await ask("/api/routes/test", "tina", {});
    expect(asked).toMatchObject([
      { tenant: "user1" },
      { hosts: ["user1.example.org"] },
      { hosts: ["user1.example.org"] },
    ]);
    const { answer } = await ask("/api/backups?of=user2");
    expect(answer).toEqual({ backups: [], late: [] });
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
    expect((await ask("/api/backups", "vera")).answer.backups).toHaveLength(3);
    // Logs may hold anything: an operator reads them, and whose they are.
    expect((await ask("/api/instances/user1-n8n/logs", "vera")).statusCode).toBe(403);
  });
});

describe("the live stream of a tenant's account", () => {
  let scope = scopeOfTenant("user1", placements);
  beforeEach(() => void (scope = scopeOfTenant("user1", placements)));

  test("has its own changes, and nobody else's", () => {
    const narrow = createNarrowing(() => scope);
    const event = (name: string): LiveEvent => ({
      ...{ topic: "status", event: "instance" },
      data: instances.find((one) => one.name === name) ?? instances[0]!,
    });
    expect(narrow({ topic: "status", event: "status", data: status })?.data).toMatchObject({
      instances: [{ name: "user1-n8n" }, { name: "user1-flowise" }],
    });
    expect(narrow(event("user1-n8n"))).toEqual(event("user1-n8n"));
    expect(narrow(event("user2-n8n"))).toBeNull();
    const shown = nodes.map((data) => narrow({ topic: "status", event: "node", data })?.data);
    expect(shown.slice(0, 2)).toMatchObject([
      { name: "user1", vmid: 7 },
      { name: "both", facts: null },
    ]);
    expect(shown.slice(2)).toEqual([undefined, undefined]);
    expect(samples.filter((data) => narrow({ topic: "samples", event: "samples", data }) !== null)).toEqual([
      samples[0],
    ]);
    expect(narrow({ topic: "status", event: "alerts", data: { firing: 1, critical: 1 } })).toBeNull();
  });

  test("tells of an instance that is gone if it told of it before, though it is in no scope any more", () => {
    const narrow = createNarrowing(() => scope);
    narrow({ topic: "status", event: "status", data: status });
    scope = scopeOfTenant("user1", []);
    const gone = (name: string): LiveEvent => ({ topic: "status", event: "instance.gone", data: { name } });
    expect(narrow(gone("user1-n8n"))).toEqual(gone("user1-n8n"));
    expect(narrow(gone("user2-n8n"))).toBeNull();
  });
});
