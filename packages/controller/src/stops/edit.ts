/** Where the fleet says that an instance is suspended. Pure. */
import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import type { Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";

export function withSuspension(fleet: Fleet, meant: readonly Placement[], suspended: boolean): Fleet {
  return meant.reduce((changed, placement) => withOne(changed, placement, suspended), fleet);
}

function withOne(fleet: Fleet, { tenant, service: { name } }: Placement, suspended: boolean): Fleet {
  if (tenant === null) {
    const placed = fleet.services.shared[name];
    if (placed === undefined) return fleet;
    const shared = { ...fleet.services.shared, [name]: { ...placed, suspended } };
    return { ...fleet, services: { ...fleet.services, shared } };
  }
  const owner = fleet.tenants[tenant];
  if (owner === undefined) return fleet;
  const own = { env: {}, ...owner.services[name], suspended };
  return {
    ...fleet,
    tenants: { ...fleet.tenants, [tenant]: { ...owner, services: { ...owner.services, [name]: own } } },
  };
}

/** The file's text; as it is where it says so already. Overrides that say nothing else go as a whole. */
export function withSuspensionText(text: string, fleet: Fleet, placement: Placement, suspended: boolean): string {
  if ((placement.overrides.suspended === true) === suspended) return text;
  const path = pathOf(placement);
  return suspended
    ? setInFleet(text, [...path, "suspended"], true)
    : removeFromFleet(text, removedPath(fleet, placement));
}

function pathOf({ tenant, service }: Placement): string[] {
  return tenant === null ? ["services", "shared", service.name] : ["tenants", tenant, "services", service.name];
}

function removedPath(fleet: Fleet, placement: Placement): string[] {
  const path = pathOf(placement);
  const { tenant, service } = placement;
  const services = tenant === null ? undefined : fleet.tenants[tenant]?.services;
  const own = services?.[service.name];
  if (services === undefined || own === undefined || own === false) return [...path, "suspended"];
  const { suspended: _, env, ...rest } = own;
  if (Object.keys(rest).length > 0 || Object.keys(env).length > 0) return [...path, "suspended"];
  return Object.keys(services).length === 1 ? path.slice(0, -1) : path;
}
