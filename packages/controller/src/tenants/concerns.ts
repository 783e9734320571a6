import type { PlannedOperation } from "@berth/shared/operations/plan";

/**
 * Whether an operation is needed for a tenant to be as the fleet says: what is on its node and in the stores for it, and
 * the firewalls, which let each tenant reach what is shared and keep it from the others. Pure.
 */
export function concernsTenant(operation: PlannedOperation, tenant: string): boolean {
  switch (operation.kind) {
    case "firewall.ensure":
      return true;
    case "instance.ensure":
      return operation.input.tenant === tenant;
    case "instance.remove":
    case "database.ensure":
    case "collections.ensure":
      return operation.input.instance.startsWith(`${tenant}-`);
    case "buckets.ensure":
      return operation.input.owner === tenant;
    default:
      return false;
  }
}
