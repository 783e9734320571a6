/** A fleet with routes, and its routes, for tests. */
import type { Route } from "@berth/shared/api/routes";
import { catalog } from "@berth/shared/catalog/index";
import { fleetSchema, type Fleet, type FleetInput } from "@berth/shared/fleet/schema";
import type { InstanceState } from "@berth/shared/protocol/state";
import { resolveRoutes } from "../resolve.ts";

/** Two tenants with n8n, and a database server, which has no route. */
export function fleetWith(routes: FleetInput["routes"] = {}, changes: Partial<FleetInput> = {}): Fleet {
  return fleetSchema.parse({
    fleet: "valuechain",
    domain: "example.org",
    routes,
    controller: { address: "10.0.6.1" },
    nodes: {
      shared: { address: "10.0.6.10" },
      user1: { address: "10.0.6.11" },
      user2: { address: "10.0.6.12" },
    },
    tenants: { user1: { node: "user1" }, user2: { node: "user2" } },
    services: { shared: { postgres: { node: "shared" } }, tenant: { n8n: {} } },
    ...changes,
  });
}

/** Its routes with every instance healthy but those that are told. */
export function routesOf(fleet: Fleet, states: Record<string, InstanceState> = {}): Route[] {
  return resolveRoutes(fleet, catalog, (instance) => states[instance] ?? "healthy");
}

/** A route of its own, to a server that a test has. */
export function routeTo(port: number, changes: Partial<Route> = {}): Route {
  const host = changes.host ?? "n8n.example.org";
  return {
    host,
    url: `http://${host}`,
    service: "n8n",
    tenant: "user1",
    instance: "user1-n8n",
    servers: [{ instance: "user1-n8n", node: "user1", address: "127.0.0.1", port, state: "healthy", upgrading: false }],
    healthCheck: { path: "/healthz", timeoutSeconds: 5 },
    state: "published",
    reason: null,
    suspended: false,
    ...changes,
  };
}
