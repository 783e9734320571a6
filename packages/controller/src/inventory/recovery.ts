/** The controller's own backups and the keys that open them, as the recovery room keeps them. */
import type { Selectable } from "kysely";
import {
  controllerBackupReasonSchema,
  controllerBackupStateSchema,
  type ControllerBackup,
} from "@berth/shared/api/recovery";
import { check, now } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { ControllerBackupsTable, RebuildsTable, RecoveryKeysTable } from "./tables/recovery.ts";

export type RecoveryKeyRecord = Selectable<RecoveryKeysTable>;

/** The newest first. */
export async function listControllerBackups(database: Queryable): Promise<ControllerBackup[]> {
  const rows = await database.selectFrom("controllerBackups").selectAll().orderBy("createdAt", "desc").execute();
  return rows.map(toBackup);
}

export async function putControllerBackup(database: Queryable, backup: ControllerBackup): Promise<void> {
  await database
    .insertInto("controllerBackups")
    .values(backup)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(backup))
    .execute();
}

export async function removeControllerBackup(database: Queryable, id: string): Promise<void> {
  await database.deleteFrom("controllerBackups").where("id", "=", id).execute();
}

/** Ends those that a controller which stopped has left half made. */
export async function failUnfinishedBackups(database: Queryable, error: string): Promise<void> {
  await database
    .updateTable("controllerBackups")
    .set({ state: "failed", endedAt: now(), error })
    .where("state", "=", "running")
    .execute();
}

export async function newestRecoveryKey(database: Queryable): Promise<RecoveryKeyRecord | null> {
  const row = await database
    .selectFrom("recoveryKeys")
    .selectAll()
    .orderBy("version", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Idempotent: a version that is there stays. */
export async function addRecoveryKey(database: Queryable, key: { version: number; recipient: string }): Promise<void> {
  await database
    .insertInto("recoveryKeys")
    .values({ ...key, createdAt: now(), shownAt: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function markRecoveryKeyShown(database: Queryable, version: number): Promise<void> {
  await database.updateTable("recoveryKeys").set({ shownAt: now() }).where("version", "=", version).execute();
}

export async function addRebuild(database: Queryable, rebuild: RebuildsTable): Promise<void> {
  await database.insertInto("rebuilds").values(rebuild).execute();
}

/** The spans of time that this inventory knows nothing of: from a backup to the rebuilding out of it. */
export async function listRebuilds(database: Queryable): Promise<RebuildsTable[]> {
  return database.selectFrom("rebuilds").selectAll().orderBy("rebuiltAt").execute();
}

function toBackup(row: Selectable<ControllerBackupsTable>): ControllerBackup {
  const what = `backup ${row.id} of the controller`;
  return {
    ...row,
    state: check(controllerBackupStateSchema, row.state, what),
    reason: check(controllerBackupReasonSchema, row.reason, what),
  };
}
