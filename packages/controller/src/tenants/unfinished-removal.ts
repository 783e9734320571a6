/** What a removal that did not come to its end has left to be done. */
import type { OperationKind } from "@berth/shared/operations/index";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Queryable } from "../inventory/database.ts";
import { newestRunWith, type StepRecord } from "../inventory/runs.ts";
import { parseInput } from "../runs/operation-types.ts";

export interface UnfinishedRemoval {
  run: number;
  operations: PlannedOperation[];
}

/** Ends a removal with everything. */
const lastStep: OperationKind = "secrets.remove";
/** Ends the run that takes a tenant in: what was removed before then is no longer to be carried on. */
const firstLook: OperationKind = "tenant.verify";

/**
 * Of a tenant that is not in the fleet any more: the plan cannot name what such a one had, but the run that began to
 * remove it does, whatever runs have come since. null: nothing is left.
 */
export async function findUnfinishedRemoval(database: Queryable, tenant: string): Promise<UnfinishedRemoval | null> {
  const run = await newestRunWith(database, [lastStep, firstLook], tenant);
  if (run === null || !run.steps.some(({ kind }) => kind === lastStep)) return null;
  // Firewalls are the whole fleet's: they are planned anew.
  const left = run.steps.filter(({ kind, state }) => state !== "succeeded" && kind !== "firewall.ensure");
  return left.length === 0 ? null : { run: run.id, operations: left.map(toOperation) };
}

function toOperation({ id, kind, node, target, change, reason, after, input }: StepRecord): PlannedOperation {
  const operation = { id, kind, node, target, change, reason, after: [...after], input: parseInput(kind, input) };
  // The kind and its input belong together; taken apart, the compiler no longer sees it.
  return operation as PlannedOperation;
}
