/** Of what an alert is. Pure. */
import type { AlertLabels } from "@berth/shared/api/alerts";
import type { InstanceStatus } from "@berth/shared/api/status";
import { sharedScope } from "@berth/shared/names";
import type { AlertView } from "./view.ts";

/** A tenant's node concerns the tenant. */
export function nodeLabels(node: string, { tenants }: Pick<AlertView, "tenants">): AlertLabels {
  const owner = Object.entries(tenants).find(([, tenant]) => tenant.node === node)?.[0];
  return { node, tenant: owner ?? sharedScope };
}

export function instanceLabels({ node, tenant, service, name }: InstanceStatus): AlertLabels {
  return { node, tenant: tenant ?? sharedScope, service, instance: name };
}

export function ownerLabels(owner: string, { tenants }: Pick<AlertView, "tenants">): AlertLabels {
  return { owner, tenant: tenants[owner] === undefined ? sharedScope : owner };
}

/** Whether the instance should be there at all. */
export function isExpected({ tenant }: InstanceStatus, { tenants }: Pick<AlertView, "tenants">): boolean {
  return tenant === null || tenants[tenant]?.suspended === false;
}
