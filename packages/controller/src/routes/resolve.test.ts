import { catalog } from "@berth/shared/catalog/index";
import { defineService } from "@berth/shared/catalog/schema";
import { describe, expect, test } from "vitest";
import { resolveRoutes } from "./resolve.ts";
import { fleetWith, routesOf } from "./testing/fleet.ts";

const router = { address: "10.0.4.10" };

test("each service with a route has one, by host, with where it leads", () => {
  const routes = routesOf(fleetWith({ pattern: "test-{tenant}-{service}", router }));
  expect(routes.map(({ host }) => host)).toEqual(["test-user1-n8n.example.org", "test-user2-n8n.example.org"]);
  expect(routes[0]).toEqual({
    host: "test-user1-n8n.example.org",
    url: "https://test-user1-n8n.example.org",
    service: "n8n",
    tenant: "user1",
    instance: "user1-n8n",
    servers: [
      { instance: "user1-n8n", node: "user1", address: "10.0.6.11", port: 5678, state: "healthy", upgrading: false },
    ],
    healthCheck: { path: expect.stringMatching(/^\//), timeoutSeconds: 5 },
    state: "published",
    reason: null,
    suspended: false,
  });
});

test("an overridden host port is followed", () => {
  const services = { shared: { postgres: { node: "shared" } }, tenant: { n8n: { hostPort: 6000 } } };
  expect(routesOf(fleetWith({}, { services }))[0]?.servers[0]?.port).toBe(6000);
});

test("a route stays while its instance is upgraded, unless its tenant is suspended", () => {
  const upgrading = new Set(["user1-n8n"]);
  const [first, second] = resolveRoutes(fleetWith(), catalog, () => "starting", upgrading);
  expect(first).toMatchObject({ state: "published", reason: null, servers: [{ state: "starting", upgrading: true }] });
  expect(second).toMatchObject({ state: "withdrawn", servers: [{ state: "starting", upgrading: false }] });
  const tenants = { user1: { node: "user1", suspended: true }, user2: { node: "user2" } };
  expect(resolveRoutes(fleetWith({}, { tenants }), catalog, () => "stopped", upgrading)[0]?.state).toBe("withdrawn");
});

describe("a route is withdrawn", () => {
  test.each([
    ["unhealthy", "user1-n8n is unhealthy"],
    ["starting", "user1-n8n is starting"],
    ["stopped", "user1-n8n is stopped"],
    ["missing", "user1-n8n is not there"],
    ["unknown", "user1-n8n is out of sight: its node is offline"],
  ] as const)("while its instance is %s", (state, reason) => {
    const [first, second] = routesOf(fleetWith(), { "user1-n8n": state });
    expect(first).toMatchObject({ state: "withdrawn", reason, suspended: false });
    expect(second).toMatchObject({ state: "published", reason: null });
  });

  test("of a suspended tenant, though its instance is healthy still", () => {
    const tenants = { user1: { node: "user1", suspended: true }, user2: { node: "user2" } };
    const [first, second] = routesOf(fleetWith({}, { tenants }));
    expect(first).toMatchObject({ state: "withdrawn", reason: "tenant 'user1' is suspended", suspended: true });
    expect(second?.state).toBe("published");
  });

  test("of a suspended instance, likewise", () => {
    const user1 = { node: "user1", services: { n8n: { suspended: true } } };
    const [first, second] = routesOf(fleetWith({}, { tenants: { user1, user2: { node: "user2" } } }));
    expect(first).toMatchObject({ state: "withdrawn", reason: "user1-n8n is suspended", suspended: true });
    expect(second).toMatchObject({ state: "published", suspended: false });
  });
});

test("health is asked for only at the port that the route leads to", () => {
  const define = (name: string, port: number) =>
    defineService({
      ...{ name, title: name, description: name, scope: "shared", image: name, version: "1", memory: "64MiB" },
      ports: [
        { name: "bolt", container: 7687, host: 7687 },
        { name: "web", container: 80, host: 7474 },
      ],
      health: { http: { port, path: "/health" }, timeoutSeconds: 2 },
      route: { port: "web" },
    });
  const services = { shared: { same: { node: "shared" }, other: { node: "user1" } }, tenant: {} };
  const own = new Map([...catalog, ["same", define("same", 80)], ["other", define("other", 7687)]]);
  const routes = resolveRoutes(fleetWith({}, { services }), own, () => "healthy");
  expect(routes.map(({ service, healthCheck }) => [service, healthCheck])).toEqual([
    ["other", null],
    ["same", { path: "/health", timeoutSeconds: 2 }],
  ]);
});

test("the names of the design document lead where it says", () => {
  const shared = ["langfuse", "minio", "neo4j", "ollama", "postgres", "qdrant", "redis", "searxng", "supabase"];
  const users = ["user1", "user2", "user3"];
  const fleet = fleetWith(
    { pattern: "test-{tenant}-{service}", router },
    {
      domain: "valuechainhackers.xyz",
      nodes: {
        shared: { address: "10.0.6.10" },
        ...Object.fromEntries(users.map((user, index) => [user, { address: `10.0.6.${11 + index}` }])),
      },
      tenants: Object.fromEntries(users.map((user) => [user, { node: user }])),
      services: {
        shared: Object.fromEntries(shared.map((name) => [name, { node: "shared" }])),
        tenant: { openwebui: {}, n8n: {}, flowise: {} },
      },
    },
  );
  const leads = routesOf(fleet).map(({ host, servers }) => [host, `${servers[0]?.address}:${servers[0]?.port}`]);
  const ofUsers = users.flatMap((user, index) => [
    [`test-${user}-flowise.valuechainhackers.xyz`, `10.0.6.${11 + index}:3001`],
    [`test-${user}-n8n.valuechainhackers.xyz`, `10.0.6.${11 + index}:5678`],
    [`test-${user}-openwebui.valuechainhackers.xyz`, `10.0.6.${11 + index}:3000`],
  ]);
  expect(leads).toEqual([
    ["test-langfuse.valuechainhackers.xyz", "10.0.6.10:3002"],
    ["test-minio.valuechainhackers.xyz", "10.0.6.10:9011"],
    ["test-neo4j.valuechainhackers.xyz", "10.0.6.10:7474"],
    ["test-ollama.valuechainhackers.xyz", "10.0.6.10:11434"],
    ["test-qdrant.valuechainhackers.xyz", "10.0.6.10:6333"],
    ["test-searxng.valuechainhackers.xyz", "10.0.6.10:8081"],
    ["test-supabase.valuechainhackers.xyz", "10.0.6.10:8000"],
    ...ofUsers,
  ]);
});
