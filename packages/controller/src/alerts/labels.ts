/** Of what an alert is. Pure. */
import type { AlertLabels } from "@berth/shared/api/alerts";
import type { InstanceStatus } from "@berth/shared/api/status";
import { isSuspended } from "@berth/shared/fleet/awake";
import { sharedScope } from "@berth/shared/names";
import type { AlertView } from "./view.ts";

/** A tenant's node concerns the tenant. */
export function nodeLabels(node: string, { nodeOwners }: Pick<AlertView, "nodeOwners">): AlertLabels {
  return { node, tenant: nodeOwners.get(node) ?? sharedScope };
}

/** Tenants by their nodes; the first of several. */
export function nodeOwnersOf(tenants: AlertView["tenants"]): ReadonlyMap<string, string> {
  const entries = Object.entries(tenants).map(([tenant, { node }]) => [node, tenant] as const);
  return new Map(entries.toReversed());
}

export function instanceLabels({ node, tenant, service, name }: InstanceStatus): AlertLabels {
  return { node, tenant: tenant ?? sharedScope, service, instance: name };
}

export function ownerLabels(owner: string, { tenants }: Pick<AlertView, "tenants">): AlertLabels {
  return { owner, tenant: tenants[owner] === undefined ? sharedScope : owner };
}

/** Whether the instance should be there at all. */
export function isExpected(instance: InstanceStatus, { tenants, services }: AlertView): boolean {
  const isKnown = instance.tenant === null || tenants[instance.tenant] !== undefined;
  return isKnown && !isSuspended({ tenants, services }, instance);
}
