/** How runs begin, and begin again, in the inventory. Each function is one transaction. */
import { randomUUID } from "node:crypto";
import { BerthError } from "@berth/shared/errors";
import type { Plan } from "@berth/shared/operations/plan";
import { now } from "../inventory/columns.ts";
import type { Inventory, Queryable } from "../inventory/database.ts";
import {
  findRunningRun,
  insertRun,
  newestRunId,
  readRun,
  updateRun,
  updateStep,
  type RunRecord,
  type RunRow,
  type StepRecord,
} from "../inventory/runs.ts";
import { beginAnew } from "./begin-anew.ts";

export interface NewRun {
  plan: Plan;
  /** apply, node.add … */
  kind: string;
  /** Who asked for it. */
  account: string;
  /** Written in the same transaction: the desired state that the run leads to. Query only what it is given. */
  alongside?: (transaction: Queryable) => Promise<void>;
}

/** Writes the run before anything of it is done. Throws `conflict` while another run is under way. */
export function createRun(inventory: Inventory, { plan, kind, account, alongside }: NewRun): Promise<RunRecord> {
  return inventory.database.transaction().execute(async (transaction) => {
    await refuseSecondRun(transaction);
    await alongside?.(transaction);
    return insertRun(transaction, { kind, account, createdAt: now(), steps: plan.operations.map(toStep) });
  });
}

/**
 * Sets the steps that failed, were cancelled or skipped to wait again. Throws `conflict` when the run is not the newest:
 * what it did would undo what came after it; and for one that has to be begun anew, see `beginAnew`.
 */
export function reopenRun(inventory: Inventory, id: number): Promise<RunRecord> {
  return inventory.database.transaction().execute(async (transaction) => {
    const record = await requireRun(transaction, id);
    if (record.state === "succeeded" || record.state === "running") return record;
    refuseTakenBack(record);
    await refuseSecondRun(transaction);
    await refuseOldRun(transaction, record);
    Object.assign(record, { state: "running", endedAt: null, cancelRequestedAt: null } satisfies Partial<RunRecord>);
    await updateRun(transaction, record);
    for (const step of record.steps) {
      if (step.state === "succeeded") continue;
      Object.assign(step, { ...untouched, attempt: step.attempt });
      await updateStep(transaction, id, step);
    }
    return record;
  });
}

/** Ends a run that nobody carries out: what has not ended becomes `cancelled`. */
export function endRun(inventory: Inventory, id: number, why: BerthError): Promise<RunRecord> {
  return inventory.database.transaction().execute(async (transaction) => {
    const record = await requireRun(transaction, id);
    if (record.state !== "running") return record;
    Object.assign(record, { state: "cancelled", endedAt: now() } satisfies Partial<RunRecord>);
    await updateRun(transaction, record);
    for (const step of record.steps) {
      if (step.state !== "waiting" && step.state !== "running") continue;
      const error = step.state === "running" ? why.toBody() : null;
      Object.assign(step, { state: "cancelled", endedAt: now(), error } satisfies Partial<StepRecord>);
      await updateStep(transaction, id, step);
    }
    return record;
  });
}

export async function requireRun(database: Queryable, id: number): Promise<RunRecord> {
  const record = await readRun(database, id);
  if (record !== null) return record;
  throw new BerthError("not-found", `There is no run ${id}`, { hint: "'berth run list' shows the runs." });
}

const untouched = {
  state: "waiting",
  attempt: 0,
  startedAt: null,
  endedAt: null,
  progress: null,
  phases: [],
  error: null,
  result: null,
} satisfies Partial<StepRecord>;

function toStep(operation: Plan["operations"][number], position: number): StepRecord {
  return { ...operation, position, operationId: randomUUID(), ...untouched };
}

/** Throws `conflict` while a run is under way. */
export async function refuseSecondRun(database: Queryable): Promise<void> {
  const running = await findRunningRun(database);
  if (running !== null) throw runConflict(running);
}

function refuseTakenBack(record: RunRecord): void {
  const again = beginAnew(record);
  if (again === null) return;
  throw new BerthError("conflict", `Run ${record.id} cannot be carried on: ${again.why}`, {
    hint: `\`${again.command}\` begins anew.`,
  });
}

async function refuseOldRun(database: Queryable, { id, kind, steps }: RunRecord): Promise<void> {
  const newest = await newestRunId(database);
  if (newest === id) return;
  // Of the restores, those that take a new tenant in look at it in the end.
  const beside = kind === "backup.restore" ? steps.find((step) => step.kind === "tenant.verify")?.target : undefined;
  throw new BerthError("conflict", `Run ${id} is not the newest: run ${newest} came after it`, {
    hint:
      beside === undefined
        ? "Apply the fleet file again; it plans whatever is still missing."
        : `\`berth tenant remove ${beside} --no-backup\`, then restore again: applying the fleet file would start ${beside} empty.`,
  });
}

export function runConflict({
  id,
  kind,
  account,
  createdAt,
}: Pick<RunRow, "id" | "kind" | "account" | "createdAt">): BerthError {
  const age = describeAge(Date.now() - Date.parse(createdAt));
  return new BerthError("conflict", `Run ${id} (${kind}, started by ${account} ${age} ago) is still under way`, {
    hint: `\`berth run show ${id} --follow\` waits for its end, \`berth run cancel ${id}\` ends it.`,
  });
}

function describeAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
