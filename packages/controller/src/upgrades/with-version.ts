import type { Fleet } from "@berth/shared/fleet/schema";
import type { Placement } from "@berth/shared/fleet/instances";

/** The fleet with these instances on another version, each for itself. Pure. */
export function withVersion(fleet: Fleet, moved: readonly Placement[], version: string): Fleet {
  let { tenants } = fleet;
  let { shared } = fleet.services;
  for (const { tenant, service } of moved) {
    const entry = tenant === null ? undefined : tenants[tenant];
    if (tenant !== null && entry !== undefined) {
      const own = entry.services[service.name];
      const overrides = own === undefined || own === false ? { env: {}, version } : { ...own, version };
      tenants = { ...tenants, [tenant]: { ...entry, services: { ...entry.services, [service.name]: overrides } } };
    }
    const common = shared[service.name];
    if (tenant === null && common !== undefined) shared = { ...shared, [service.name]: { ...common, version } };
  }
  return { ...fleet, tenants, services: { ...fleet.services, shared } };
}
