/** Whether what is restored has a place already: nodes, databases, collections, buckets. Pure. */
import { BerthError } from "@berth/shared/errors";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { FleetPlan } from "../plan/plan.ts";
import type { BackupSubject } from "./subjects.ts";

const hint = "`berth apply` first; then restore";

/** `plan`: what would bring the fleet to what its file says. Instances that are missing are no obstacle. */
export function lacking({ operations }: Pick<FleetPlan, "operations">, subjects: readonly BackupSubject[]): string[] {
  const missing = operations.flatMap((operation) => missingOf(operation, subjects));
  if (missing.length === 0) return [];
  return [`the fleet is not what its file says: ${[...new Set(missing)].join(", ")}; ${hint}`];
}

/** Throws `conflict` for what `lacking` says. */
export function refuseLacking([missing]: readonly string[]): void {
  if (missing === undefined) return;
  const message = missing.slice(0, -`; ${hint}`.length);
  throw new BerthError("conflict", `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`, { hint });
}

function missingOf(operation: PlannedOperation, subjects: readonly BackupSubject[]): string[] {
  const { kind, change, reason, target } = operation;
  switch (kind) {
    case "lxc.ensure":
      return change !== "update" && hasNode(subjects, target) ? [`the LXC ${target} ${reason}`] : [];
    case "agent.ensure":
      return hasNode(subjects, target) ? [`the agent of ${target} is not there`] : [];
    case "database.ensure":
      return change === "create" && has(subjects, operation.input.instance) ? [`the database ${target} ${reason}`] : [];
    case "collections.ensure":
      return change === "create" && has(subjects, operation.input.instance)
        ? [`the collections of ${target}: ${reason}`]
        : [];
    case "buckets.ensure":
      return change === "create" && has(subjects, operation.input.owner) ? [`the buckets of ${target}: ${reason}`] : [];
    default:
      return [];
  }
}

function hasNode(subjects: readonly BackupSubject[], node: string): boolean {
  return subjects.some((subject) => subject.node === node);
}

function has(subjects: readonly BackupSubject[], name: string): boolean {
  return subjects.some(({ subject }) => subject === name);
}
