import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { defineService } from "../catalog/schema.ts";
import { placements } from "./instances.ts";
import { hasRouter, routeHost, routePort, routeUrl } from "./routes.ts";
import { fleetSchema, type FleetInput } from "./schema.ts";

type Routes = NonNullable<FleetInput["routes"]>;

function fleetWith(routes: Routes, n8n: { hostPort?: number } = {}) {
  return fleetSchema.parse({
    fleet: "valuechain",
    domain: "valuechainhackers.xyz",
    controller: { address: "10.0.6.1" },
    routes,
    nodes: { shared: { address: "10.0.6.10" }, user1: { address: "10.0.6.11" } },
    tenants: { user1: { node: "user1" } },
    services: { shared: { postgres: { node: "shared" } }, tenant: { n8n } },
  });
}

function urlOf(routes: Routes, instance = "user1-n8n", n8n: { hostPort?: number } = {}): string {
  const fleet = fleetWith(routes, n8n);
  const placement = placements(fleet, catalog).find((candidate) => candidate.instance === instance);
  if (placement === undefined) throw new Error(`no ${instance}`);
  return routeUrl(fleet, placement);
}

const router = { address: "10.0.4.10" };

describe("the name of a route", () => {
  test.each([
    ["test-{tenant}-{service}", "user1", "test-user1-n8n.valuechainhackers.xyz"],
    ["test-{tenant}-{service}", null, "test-n8n.valuechainhackers.xyz"],
    ["{service}-{tenant}", "user1", "n8n-user1.valuechainhackers.xyz"],
    ["{service}-{tenant}", null, "n8n.valuechainhackers.xyz"],
    ["{tenant}-{service}", null, "n8n.valuechainhackers.xyz"],
  ])("%s of %s", (pattern, tenant, host) => {
    expect(routeHost(fleetWith({ pattern }), tenant, "n8n")).toBe(host);
  });
});

describe("where people open an instance", () => {
  test.each<[string, Routes, string]>([
    ["with a router", { router }, "https://user1-n8n.valuechainhackers.xyz"],
    ["at another port", { router: { ...router, port: 8443 } }, "https://user1-n8n.valuechainhackers.xyz:8443"],
    ["without TLS", { router: { ...router, tls: false, port: 80 } }, "http://user1-n8n.valuechainhackers.xyz"],
    ["without TLS at TLS's port", { router: { ...router, tls: false } }, "http://user1-n8n.valuechainhackers.xyz:443"],
    ["with files for a router", { directory: "/etc/traefik" }, "https://user1-n8n.valuechainhackers.xyz"],
    ["without a router", {}, "http://10.0.6.11:5678"],
  ])("%s", (_, routes, url) => {
    expect(urlOf(routes)).toBe(url);
    expect(hasRouter(fleetWith(routes))).toBe(!url.includes("10.0.6.11"));
  });

  test("follows the host port, and finds one where there is no route", () => {
    expect(urlOf({}, "user1-n8n", { hostPort: 6000 })).toBe("http://10.0.6.11:6000");
    expect(urlOf({}, "shared-postgres")).toBe("http://10.0.6.10:5432");
  });
});

test("a route leads to the port that the service names, of several", () => {
  const health = { http: { port: 80, path: "/" } };
  const service = defineService({
    ...{ name: "two", title: "Two", description: "Two ports", scope: "shared", image: "two", version: "1" },
    ...{ memory: "64MiB", health, route: { port: "web" } },
    ports: [
      { name: "bolt", container: 7687, host: 7687 },
      { name: "web", container: 80, host: 7474 },
    ],
  });
  expect(routePort(service, { env: {} })).toBe(7474);
  expect(routePort({ ...service, route: undefined }, { env: {} })).toBeUndefined();
});
