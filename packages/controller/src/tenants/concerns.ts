import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "../plan/desired.ts";
import { ownersOf } from "../plan/owners.ts";

/**
 * Whether an operation is needed for a tenant to be as the fleet says: what is on its node and in the stores for it, and
 * the firewalls, which let each tenant reach what is shared and keep it from the others. Pure.
 */
export function concernsTenant(
  operation: PlannedOperation,
  tenant: string,
  desired: Pick<Desired, "instances" | "suspended">,
): boolean {
  switch (operation.kind) {
    case "firewall.ensure":
      return true;
    case "instance.ensure":
    case "instance.remove":
    case "database.ensure":
    case "collections.ensure":
      return ownersOf(desired, tenant).has(operation.input.instance);
    case "buckets.ensure":
      return operation.input.owner === tenant;
    default:
      return false;
  }
}

/**
 * Whether an operation closes something to a tenant that goes. From where logins are let in is written for a whole
 * server: it is told, and mended, with whichever database. Pure.
 */
export function closesToTenant({ kind }: PlannedOperation): boolean {
  return kind === "firewall.ensure" || kind === "database.ensure";
}
