/** Tenants that are not in the fleet any more and whose data are: after `tenant remove --keep-data`, or a prune. Pure. */
import type { Fleet } from "@berth/shared/fleet/schema";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";

export interface KeptTenant {
  name: string;
  /** Where its instances were. The node may have left the fleet since. */
  node: string;
  /** Those that have left something. */
  instances: string[];
}

/**
 * `specifications`: what instances were made of, those that are no more included. Whatever an instance holds is locked
 * with secrets of its own, and removing a tenant with its data ends with removing these: as long as some are there, so
 * is what they belong to.
 */
export function keptTenants(
  { tenants }: Pick<Fleet, "tenants">,
  specifications: Iterable<Pick<InstanceSpec, "tenant" | "node" | "instance">>,
  hasSecrets: (owner: string) => boolean,
): KeptTenant[] {
  const kept = new Map<string, KeptTenant>();
  for (const { tenant, node, instance } of specifications) {
    if (tenant === null || tenant in tenants || !(hasSecrets(tenant) || hasSecrets(instance))) continue;
    const known = kept.get(tenant) ?? { name: tenant, node, instances: [] };
    if (!known.instances.includes(instance)) known.instances.push(instance);
    kept.set(tenant, known);
  }
  return [...kept.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** An address that is nobody's. */
const nowhere = "0.0.0.0";

/** The fleet as it would be with the tenant in it again, if need be on a node that has left it. */
export function withKept(fleet: Fleet, { name, node }: KeptTenant): Fleet {
  return {
    ...fleet,
    nodes: { [node]: { address: nowhere }, ...fleet.nodes },
    tenants: { ...fleet.tenants, [name]: { node, suspended: false, services: {} } },
  };
}
