/** Instances on their way to another version, and those that have been: how far each is, durably, and how it ended. */
import type { Selectable } from "kysely";
import * as z from "zod";
import { checkpointSchema } from "@berth/shared/operations/instance-upgrade";
import { check, decodeOrNull, encode, now } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { UpgradeInstancesTable } from "./tables/upgrades.ts";

/**
 * - `begun`: nothing was stopped yet.
 * - `checkpoint`: the former version is being stopped and copied; the new one has not run.
 * - `trying`: the new version may have run, and written.
 * - `route`: it is healthy, and is looked at through its route.
 * - `recording`: it is proven; from here on there is no way back.
 * - `putting-back`: the new version is not wanted; data of the checkpoint are put back.
 * - `returning`: the data are those of the former version, which is started.
 * - `ended`: `outcome` says how.
 */
export const upgradePhaseSchema = z.enum([
  "begun",
  "checkpoint",
  "trying",
  "route",
  "recording",
  "putting-back",
  "returning",
  "ended",
]);
export type UpgradePhase = z.output<typeof upgradePhaseSchema>;

const outcomeSchema = z.enum(["upgraded", "went-back"]);
export type UpgradeOutcome = z.output<typeof outcomeSchema>;

export type UpgradeInstance = Omit<Selectable<UpgradeInstancesTable>, "checkpoint" | "phase" | "outcome"> & {
  checkpoint: z.output<typeof checkpointSchema> | null;
  phase: UpgradePhase;
  outcome: UpgradeOutcome | null;
};

export type NewUpgradeInstance = Pick<
  UpgradeInstance,
  "upgrade" | "instance" | "operation" | "node" | "service" | "fromVersion" | "toVersion" | "checkpoint"
>;

export type UpgradeProgress = Partial<
  Pick<
    UpgradeInstance,
    "phase" | "routeBefore" | "outcome" | "reason" | "stoppedAt" | "healthyAt" | "endedAt" | "gapMilliseconds"
  >
>;

/** Writes that the instance's turn has come. One that is there already stays as it is. */
export async function beginUpgrade(database: Queryable, begun: NewUpgradeInstance): Promise<UpgradeInstance> {
  await database
    .insertInto("upgradeInstances")
    .values({
      ...begun,
      checkpoint: begun.checkpoint === null ? null : encode(begun.checkpoint),
      phase: "begun",
      routeBefore: null,
      outcome: null,
      reason: null,
      startedAt: now(),
      stoppedAt: null,
      healthyAt: null,
      endedAt: null,
      gapMilliseconds: null,
    })
    .onConflict((conflict) => conflict.columns(["upgrade", "instance"]).doNothing())
    .execute();
  const row = await database
    .selectFrom("upgradeInstances")
    .selectAll()
    .where("upgrade", "=", begun.upgrade)
    .where("instance", "=", begun.instance)
    .executeTakeFirstOrThrow();
  return toUpgradeInstance(row);
}

export async function advanceUpgrade(
  database: Queryable,
  { upgrade, instance }: Pick<UpgradeInstance, "upgrade" | "instance">,
  progress: UpgradeProgress,
): Promise<void> {
  await database
    .updateTable("upgradeInstances")
    .set(progress)
    .where("upgrade", "=", upgrade)
    .where("instance", "=", instance)
    .execute();
}

/** Of one upgrade, in the order in which they were begun. */
export async function instancesOfUpgrade(database: Queryable, upgrade: string): Promise<UpgradeInstance[]> {
  const rows = await database
    .selectFrom("upgradeInstances")
    .selectAll()
    .where("upgrade", "=", upgrade)
    .orderBy("startedAt")
    .orderBy("instance")
    .execute();
  return rows.map(toUpgradeInstance);
}

/** Whether more instances of an upgrade went back than may. */
export function hasFailed(rows: readonly Pick<UpgradeInstance, "outcome">[], maxFailures: number): boolean {
  return rows.filter(({ outcome }) => outcome === "went-back").length > maxFailures;
}

/** Begun and not ended, of one instance or of all; the oldest first. */
export async function unfinishedUpgrades(database: Queryable, instance?: string): Promise<UpgradeInstance[]> {
  let query = database.selectFrom("upgradeInstances").selectAll().where("outcome", "is", null).orderBy("startedAt");
  if (instance !== undefined) query = query.where("instance", "=", instance);
  return (await query.execute()).map(toUpgradeInstance);
}

/** How often the instance went back from that version, the newest first. */
export async function failuresAt(database: Queryable, instance: string, version: string): Promise<UpgradeInstance[]> {
  const rows = await database
    .selectFrom("upgradeInstances")
    .selectAll()
    .where("instance", "=", instance)
    .where("toVersion", "=", version)
    .where("outcome", "=", "went-back")
    .orderBy("startedAt", "desc")
    .execute();
  return rows.map(toUpgradeInstance);
}

/** The newest first. */
export async function listUpgradeInstances(database: Queryable, limit = 200): Promise<UpgradeInstance[]> {
  const rows = await database
    .selectFrom("upgradeInstances")
    .selectAll()
    .orderBy("startedAt", "desc")
    .orderBy("instance")
    .limit(limit)
    .execute();
  return rows.map(toUpgradeInstance);
}

/** They will not be carried on, and what they would have put back is not wanted any more. */
export async function endUnfinishedUpgrades(database: Queryable, instance: string, reason: string): Promise<void> {
  await database
    .updateTable("upgradeInstances")
    .set({ phase: "ended", outcome: "went-back", reason, endedAt: now() })
    .where("instance", "=", instance)
    .where("outcome", "is", null)
    .execute();
}

/** The instance is gone with all that it held: one of the same name has nothing to do with it. */
export async function forgetUpgrades(database: Queryable, instance: string): Promise<void> {
  await database.deleteFrom("upgradeInstances").where("instance", "=", instance).execute();
}

function toUpgradeInstance(row: Selectable<UpgradeInstancesTable>): UpgradeInstance {
  const what = `upgrade ${row.upgrade} of ${row.instance}`;
  return {
    ...row,
    checkpoint: decodeOrNull(checkpointSchema, row.checkpoint, what),
    phase: check(upgradePhaseSchema, row.phase, what),
    outcome: row.outcome === null ? null : check(outcomeSchema, row.outcome, what),
  };
}
