/** Tenants with what they have. Pure. */
import type { InstanceStatus } from "@berth/shared/api/status";
import { tenantKeySchema, type TenantStatus } from "@berth/shared/api/tenants";
import type { Route } from "@berth/shared/api/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { DesiredNeed } from "../plan/desired-needs.ts";
import { keySecretName } from "../plan/secret-names.ts";

export interface TenantParts {
  fleet: Fleet;
  needs: readonly DesiredNeed[];
  instances: readonly InstanceStatus[];
  routes: readonly Route[];
  hasSecret: (name: string) => boolean;
}

export function tenantStatuses({ fleet, needs, instances, routes, hasSecret }: TenantParts): TenantStatus[] {
  return Object.entries(fleet.tenants).map(([name, { node, suspended }]): TenantStatus => {
    const own = instances.filter((instance) => instance.tenant === name);
    const belongs = (instance: string) => own.some((candidate) => candidate.name === instance);
    return {
      name,
      node,
      address: fleet.nodes[node]?.address ?? null,
      state: suspended ? "suspended" : "active",
      instances: own,
      databases: needs.flatMap((need) =>
        need.kind === "database.ensure" && belongs(need.input.instance) ? [need.input.database] : [],
      ),
      collections: needs.flatMap((need) =>
        need.kind === "collections.ensure" && belongs(need.input.instance)
          ? need.input.collections.map((collection) => collection.name)
          : [],
      ),
      buckets: needs.flatMap((need) =>
        need.kind === "buckets.ensure" && need.input.owner === name ? need.input.buckets : [],
      ),
      keys: tenantKeySchema.options.filter((key) => hasSecret(keySecretName(name, key))),
      hosts: routes.filter((route) => route.tenant === name).map(({ host }) => host),
    };
  });
}
