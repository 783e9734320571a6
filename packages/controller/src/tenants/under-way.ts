/** Whether the run that is under way does already what is asked for: then it is followed, and not refused. Pure. */
import type { Run } from "@berth/shared/api/runs";
import type { FleetPlan } from "../plan/plan.ts";

/** Takes all of these tenants in. */
export function takesIn({ kind, steps }: Run, tenants: readonly string[]): boolean {
  const taken = new Set(steps.flatMap((step) => (step.kind === "tenant.verify" ? [step.target] : [])));
  return kind === "tenant.add" && tenants.every((tenant) => taken.has(tenant));
}

/** Removes the tenant with all that it has. */
export function removesAll({ kind, steps }: Run, tenant: string): boolean {
  return kind === "tenant.remove" && steps.some((step) => step.kind === "secrets.remove" && step.target === tenant);
}

/** Takes some of these instances down for good, and keeps what they hold. */
export function removesInstances({ kind, steps }: Run, instances: readonly string[]): boolean {
  if (kind !== "tenant.remove" || steps.some((step) => step.kind === "secrets.remove")) return false;
  return steps.some((step) => step.kind === "instance.remove" && instances.includes(step.target));
}

/** The answer: nothing is planned besides it. */
export function followed(run: Run): { plan: FleetPlan; run: Run } {
  return { plan: { operations: [], warnings: [`run ${run.id} is under way and does this already`] }, run };
}
