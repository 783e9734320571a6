/** Tenants and routes of the stand-in's fleet. */
import { routeSchema, type Route, type RouteResult } from "@berth/shared/api/routes";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { tenantStatusSchema, type TenantStatus } from "@berth/shared/api/tenants";

export function makeTenants(nodes: readonly NodeStatus[], instances: readonly InstanceStatus[]): TenantStatus[] {
  const names = new Set(instances.flatMap(({ tenant }) => tenant ?? []));
  return [...names].map((name) => {
    const own = instances.filter(({ tenant }) => tenant === name);
    const node = own[0]?.node ?? name;
    return tenantStatusSchema.parse({
      ...{ name, node, state: "active", instances: own, keys: ["openrouter"] },
      address: nodes.find((one) => one.name === node)?.address ?? null,
      databases: own.map(({ service }) => `${name}_${service}`),
      collections: [`${name}-documents`],
      buckets: [`${name}-uploads`, `${name}-exports`],
      hosts: own.map(({ service }) => hostOf(name, service)),
    });
  });
}

export function makeRoutes(nodes: readonly NodeStatus[], instances: readonly InstanceStatus[]): Route[] {
  return instances
    .filter(({ tenant }) => tenant !== null)
    .map(({ name, service, tenant, node, ports, state }) =>
      routeSchema.parse({
        ...{ host: hostOf(tenant ?? "", service), url: `https://${hostOf(tenant ?? "", service)}/`, service, tenant },
        ...{ instance: name, healthCheck: null, suspended: false },
        servers: [
          {
            instance: name,
            node,
            state,
            upgrading: false,
            port: ports[0] ?? 80,
            address: nodes.find((one) => one.name === node)?.address ?? "",
          },
        ],
        state: state === "healthy" ? "published" : "withdrawn",
        reason: state === "healthy" ? null : `${name} is ${state}`,
      }),
    );
}

export function testRoute({ host, state, reason }: Route): RouteResult {
  if (state === "withdrawn") return { host, outcome: "untested", status: null, milliseconds: null, reason };
  return { host, outcome: "answered", status: 200, milliseconds: 4.2 + (host.length % 9), reason: null };
}

function hostOf(tenant: string, service: string): string {
  return `test-${tenant}-${service}.valuechain.example.org`;
}
