import type { SuspendedInstance } from "@berth/shared/api/status";
import type { Catalog } from "@berth/shared/catalog/schema";
import { isSuspended, isTenantSuspended } from "@berth/shared/fleet/awake";
import { placements } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";

/** Instances that are suspended, in the order of the fleet. Pure. */
export function suspendedInstances(fleet: Fleet, catalog: Catalog): SuspendedInstance[] {
  return placements(fleet, catalog)
    .filter(({ tenant, service }) => isSuspended(fleet, { tenant, service: service.name }))
    .map(({ instance, service, node, tenant }) => ({
      ...{ name: instance, service: service.name, node, tenant },
      withTenant: isTenantSuspended(fleet, tenant),
    }));
}
