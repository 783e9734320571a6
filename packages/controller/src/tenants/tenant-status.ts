/** Tenants with what they have. Pure. */
import type { InstanceStatus } from "@berth/shared/api/status";
import { tenantKeySchema, type TenantStatus } from "@berth/shared/api/tenants";
import type { Route } from "@berth/shared/api/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Desired } from "../plan/desired.ts";
import { holdingsOf, ownerOf } from "../plan/owners.ts";
import { keySecretName } from "../plan/secret-names.ts";
import { type KeptTenant, withKept } from "./kept.ts";

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

export interface KeptParts extends Pick<TenantParts, "fleet" | "instances" | "hasSecret"> {
  /** What a fleet comes to with every service of tenants that there is. */
  everything: (fleet: Fleet) => Desired;
  hasSecrets: (owner: string) => boolean;
}

/** A tenant that is not in the fleet any more, with what of it has stayed. */
export function keptStatus(kept: KeptTenant, isBeingRemoved: boolean, parts: KeptParts): TenantStatus {
  const { fleet, instances, everything, hasSecret, hasSecrets } = parts;
  const { name, node } = kept;
  const desired = everything(withKept(fleet, kept));
  const needs = desired.needs.filter((need) => hasSecrets(ownerOf(need)));
  return {
    name,
    node,
    address: fleet.nodes[node]?.address ?? null,
    state: isBeingRemoved ? "removing" : "kept",
    instances: instances.filter((instance) => instance.tenant === name),
    ...holdingsOf({ ...desired, needs }, name),
    keys: tenantKeySchema.options.filter((key) => hasSecret(keySecretName(name, key))),
    hosts: [],
  };
}
