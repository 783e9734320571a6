import type { Catalog, Service } from "../catalog/schema.ts";
import { instanceName } from "../names.ts";
import type { Fleet, Overrides } from "./schema.ts";

/** A service placed on a node. `path` is where the fleet file says so. */
export interface Placement {
  instance: string;
  service: Service;
  tenant: string | null;
  node: string;
  overrides: Overrides;
  path: readonly string[];
}

/** Every instance that the fleet asks for, in the order of the file; services the catalog lacks are left out. */
export function placements(fleet: Fleet, catalog: Catalog): Placement[] {
  const placed: Placement[] = [];
  for (const [name, { node, ...overrides }] of Object.entries(fleet.services.shared)) {
    const service = catalog.get(name);
    if (service === undefined) continue;
    placed.push({
      instance: instanceName(null, name),
      service,
      tenant: null,
      node,
      overrides,
      path: ["services", "shared", name],
    });
  }
  for (const [tenantName, tenant] of Object.entries(fleet.tenants)) {
    for (const [name, common] of Object.entries(fleet.services.tenant)) {
      const service = catalog.get(name);
      const own = tenant.services[name];
      if (service === undefined || own === false) continue;
      placed.push({
        instance: instanceName(tenantName, name),
        service,
        tenant: tenantName,
        node: tenant.node,
        overrides: { ...common, ...own, env: { ...common.env, ...own?.env } },
        path: own === undefined ? ["services", "tenant", name] : ["tenants", tenantName, "services", name],
      });
    }
  }
  return placed;
}

/** Where the fleet file says an override of an instance: with its tenant, or for every tenant. */
export function overridePath(fleet: Fleet, { tenant, service, path }: Placement, key: keyof Overrides): string[] {
  if (tenant === null) return [...path, key];
  const own = fleet.tenants[tenant]?.services[service.name];
  if (own !== undefined && own !== false && own[key] !== undefined) return [...path, key];
  return ["services", "tenant", service.name, key];
}

/** Host ports an instance takes on its node: the catalog's, or the override for a service with one port. */
export function hostPorts(service: Service, overrides: Overrides): { container: number; host: number }[] {
  return service.ports.map(({ container, host }) => ({
    container,
    host: service.ports.length === 1 ? (overrides.hostPort ?? host) : host,
  }));
}
