import { expect, test } from "vitest";
import * as accounts from "./accounts.ts";
import * as alerts from "./alerts.ts";
import * as capacity from "./capacity.ts";
import * as disks from "./disks.ts";
import type { Endpoint } from "./define.ts";
import * as fleet from "./fleet.ts";
import * as instances from "./instances.ts";
import * as nodes from "./nodes.ts";
import * as prometheus from "./prometheus.ts";
import * as routes from "./routes.ts";
import * as runs from "./runs.ts";
import * as secrets from "./secrets.ts";
import * as status from "./status.ts";
import * as tenants from "./tenants.ts";
import * as upgrades from "./upgrades.ts";

const rooms: Record<string, unknown>[] = [
  ...[accounts, alerts, capacity, disks, fleet, instances, nodes, prometheus],
  ...[routes, runs, secrets, status, tenants, upgrades],
];
const endpoints = rooms.flatMap((room) => Object.values(room).filter(isEndpoint));

function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === "object" && value !== null && "method" in value && "role" in value;
}

function named(...roles: Endpoint["role"][]): string[] {
  return endpoints
    .filter(({ method, role }) => method !== "GET" && roles.includes(role))
    .map(({ method, path }) => `${method} ${path}`)
    .toSorted();
}

test("what more than looks is an admin's, but for this", () => {
  expect(named("public", "tenant")).toEqual(["POST /api/login", "POST /api/logout", "POST /api/routes/test"]);
  expect(named("viewer")).toEqual([]);
  expect(named("operator")).toEqual([
    "DELETE /api/alerts/silences/:id",
    "POST /api/alerts/silences",
    "POST /api/alerts/test",
    "POST /api/instances/restart",
    "POST /api/nodes/:name/upgrade-agent",
    "POST /api/runs/:id/cancel",
    "POST /api/runs/:id/resume",
  ]);
});

test("what may hold secrets that people wrote is an admin's to read", () => {
  const roleOf = (path: string) => endpoints.find((endpoint) => endpoint.path === path)?.role;
  const told = ["/api/routes/provider", "/api/prometheus/setup"];
  for (const path of ["/api/fleet", "/api/plan", "/api/secrets/:name/reveal", ...told]) {
    expect(roleOf(path)).toBe("admin");
  }
});
