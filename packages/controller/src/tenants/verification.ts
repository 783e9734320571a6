import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "../plan/desired.ts";
import { operationId } from "../plan/identify.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { concernsTenant } from "./concerns.ts";

/** The look from outside at a tenant, after all of the plan that is about it. Pure. */
export function verification(
  tenant: string,
  { operations }: Pick<FleetPlan, "operations">,
  desired: Desired,
): PlannedOperation<"tenant.verify"> {
  return {
    id: operationId("tenant.verify", tenant),
    kind: "tenant.verify",
    change: "verify",
    node: null,
    target: tenant,
    reason: "its services answer and its keys open nothing of others",
    // Firewalls as far as its instances wait for them: a node of somebody else that is away holds up its own alone.
    after: operations
      .filter((operation) => operation.kind !== "firewall.ensure" && concernsTenant(operation, tenant, desired))
      .map(({ id }) => id),
    input: { tenant },
  };
}
