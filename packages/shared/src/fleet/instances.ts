import { catalogOf } from "../catalog/merge.ts";
import type { Catalog, Service } from "../catalog/schema.ts";
import { instanceName, replicaName } from "../names.ts";
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

/** Every instance that the fleet asks for, in the order of the file; services that neither Berth nor the fleet knows are left out. */
export function placements(fleet: Fleet, builtIn: Catalog): Placement[] {
  const catalog = catalogOf(fleet, builtIn);
  const placed: Placement[] = [];
  for (const [name, { node, replicas = [], ...overrides }] of Object.entries(fleet.services.shared)) {
    const service = catalog.get(name);
    if (service === undefined) continue;
    const common = { service, tenant: null, overrides, path: ["services", "shared", name] };
    placed.push({ ...common, instance: instanceName(null, name), node });
    for (const further of replicas) placed.push({ ...common, instance: replicaName(name, further), node: further });
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

export interface HostPort {
  container: number;
  host: number;
}

/** Host ports that an instance takes on its node, those of its main container first. An override is for the only one. */
export function hostPorts(service: Service, overrides: Overrides): HostPort[] {
  const ports = [service, ...service.parts].flatMap((container) => container.ports);
  return ports.map(({ container, host }) => ({
    container,
    host: ports.length === 1 ? (overrides.hostPort ?? host) : host,
  }));
}

/** Names of the containers of an instance: its own, and `<instance>-<part>`. */
export function containerNames(instance: string, service: Service): string[] {
  return [instance, ...service.parts.map((part) => partName(instance, part.name))];
}

/** Name of a part's container, by which the other containers of its instance reach it. */
export function partName(instance: string, part: string): string {
  return `${instance}-${part}`;
}
