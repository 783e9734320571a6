/**
 * Ends what an earlier upgrade of an instance has left half-way, before anything else is done with it. Otherwise a former
 * version would be started on data that the new one has changed already.
 */
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { now } from "../../inventory/columns.ts";
import { advanceUpgrade, unfinishedUpgrades, type UpgradeInstance } from "../../inventory/upgrades.ts";
import type { UpgradeDependencies } from "./dependencies.ts";
import { createNodeWork, type WorkContext } from "./node-work.ts";
import { putBack, removeCopies } from "./put-back.ts";

/** `next` is what the instance is about to run. Throws when what is left cannot be put right now. */
export async function settleEarlier(
  next: Pick<InstanceSpec, "instance" | "version">,
  context: WorkContext,
  dependencies: UpgradeDependencies,
): Promise<void> {
  const { database } = dependencies.inventory;
  for (const row of await unfinishedUpgrades(database, next.instance)) {
    if (row.operation === context.operationId) continue;
    const outcome = await settle(row, next, context, dependencies);
    await advanceUpgrade(database, row, {
      phase: "ended",
      outcome,
      reason: outcome === "upgraded" ? null : (row.reason ?? "it was left half-way, and put back later"),
      endedAt: now(),
    });
  }
}

async function settle(
  row: UpgradeInstance,
  next: Pick<InstanceSpec, "version">,
  context: WorkContext,
  dependencies: UpgradeDependencies,
): Promise<"upgraded" | "went-back"> {
  const { log } = context;
  const work = createNodeWork(row.node, context, dependencies);
  const copies = { ...dependencies, log };
  if (row.phase === "begun" || row.checkpoint === null) return row.phase === "recording" ? "upgraded" : "went-back";
  const isKept = row.phase === "recording" || (await runsWell(row, next, work.leave, dependencies));
  const mayBeChanged = row.phase === "trying" || row.phase === "route" || row.phase === "putting-back";
  if (!isKept && mayBeChanged) {
    log(`the upgrade to ${row.toVersion} was left half-way: putting back what ${row.instance} held before`);
    await putBack(row, work, copies, `put-back ${row.upgrade}`);
  }
  await removeCopies(row, work, copies, `remove ${row.upgrade}`);
  return isKept ? "upgraded" : "went-back";
}

/** The new version runs although nobody was there to see it, and it is not asked to go. */
async function runsWell(
  { phase, node, instance, fromVersion, toVersion }: UpgradeInstance,
  next: Pick<InstanceSpec, "version">,
  signal: AbortSignal,
  { observe }: Pick<UpgradeDependencies, "observe">,
): Promise<boolean> {
  if ((phase !== "trying" && phase !== "route") || next.version === fromVersion) return false;
  const seen = await observe(node, instance, signal);
  return seen?.version === toVersion && seen.state === "healthy";
}
