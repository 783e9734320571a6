/** Which instances a restart is of, and the plan of it. Pure. */
import { BerthError } from "@berth/shared/errors";
import { awakening, isTenantSuspended } from "@berth/shared/fleet/awake";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "../plan/desired.ts";
import { operationId } from "../plan/identify.ts";
import type { FleetPlan } from "../plan/plan.ts";

/** `names`: instances, and tenants for all that they have. Throws `not-found`, and `conflict` for what is suspended. */
export function planRestart(names: readonly string[], fleet: Fleet, { instances, suspended }: Desired): FleetPlan {
  const chosen = new Set(
    names.flatMap((name) => {
      const found = instances.filter(({ spec }) => spec.instance === name || spec.tenant === name);
      if (found.length > 0) return found;
      const { tenant } = suspended.get(name) ?? { tenant: name };
      if (suspended.has(name) || isTenantSuspended(fleet, name)) {
        throw new BerthError("conflict", `${name} is suspended`, {
          hint: `\`${awakening(fleet, { tenant, instance: name })}\` brings it back.`,
        });
      }
      throw new BerthError("not-found", `No instance or tenant that runs is named '${name}'`, {
        hint: "`berth status` shows what there is",
      });
    }),
  );
  const operations = [...chosen].map(({ spec: { instance, node } }): PlannedOperation<"instance.restart"> => ({
    id: operationId("instance.restart", node, instance),
    kind: "instance.restart",
    change: "restart",
    node,
    target: instance,
    reason: "asked for",
    after: [],
    input: { node, instance },
  }));
  return { operations, warnings: [] };
}
