/** Tenants with what they have. Pure. */
import type { InstanceStatus } from "@berth/shared/api/status";
import { tenantKeySchema, type TenantStatus } from "@berth/shared/api/tenants";
import type { Route } from "@berth/shared/api/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Desired } from "../plan/desired.ts";
import { holdingsOf } from "../plan/owners.ts";
import { keySecretName } from "../plan/secret-names.ts";

export interface TenantParts {
  fleet: Fleet;
  /** What the fleet comes to with nobody suspended. */
  desired: Desired;
  instances: readonly InstanceStatus[];
  routes: readonly Route[];
  hasSecret: (name: string) => boolean;
}

export function tenantStatuses({ fleet, desired, instances, routes, hasSecret }: TenantParts): TenantStatus[] {
  return Object.entries(fleet.tenants).map(([name, { node, suspended }]): TenantStatus => {
    return {
      name,
      node,
      address: fleet.nodes[node]?.address ?? null,
      state: suspended ? "suspended" : "active",
      instances: instances.filter((instance) => instance.tenant === name),
      ...holdingsOf(desired, name),
      keys: tenantKeySchema.options.filter((key) => hasSecret(keySecretName(name, key))),
      hosts: routes.filter((route) => route.tenant === name).map(({ host }) => host),
    };
  });
}
