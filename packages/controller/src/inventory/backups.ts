/** Backups as the inventory keeps them: also those of owners that are gone. */
import type { Selectable } from "kysely";
import * as z from "zod";
import {
  backupPartSchema,
  backupReasonSchema,
  backupStateSchema,
  keptSecretSchema,
  type Backup,
} from "@berth/shared/api/backups";
import { check, decode, encode } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { BackupsTable } from "./tables/backups.ts";

const partsSchema = z.array(backupPartSchema);
const secretsSchema = z.array(keptSecretSchema);

/** The newest first. */
export async function listBackups(database: Queryable): Promise<Backup[]> {
  const rows = await database.selectFrom("backups").selectAll().orderBy("createdAt", "desc").orderBy("id").execute();
  return rows.map(toBackup);
}

export async function findBackup(database: Queryable, id: string): Promise<Backup | null> {
  const row = await database.selectFrom("backups").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : toBackup(row);
}

/**
 * Writes a backup, and how far it is. What was found out of it since, that it was verified or restored, stays; and so do
 * its secrets: when it is written again after a restart, those of a later backup may be there.
 */
export async function putBackup(database: Queryable, backup: Omit<Backup, "verifiedAt" | "provenAt">): Promise<void> {
  const { state, parts, secrets } = backup;
  const progress = { state, parts: encode(parts) };
  await database
    .insertInto("backups")
    .values({ ...backup, ...progress, secrets: encode(secrets), verifiedAt: null, provenAt: null })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(progress))
    .execute();
}

export async function updateBackup(
  database: Queryable,
  id: string,
  found: Partial<Pick<Backup, "state" | "verifiedAt" | "provenAt">>,
): Promise<void> {
  await database.updateTable("backups").set(found).where("id", "=", id).execute();
}

export async function removeBackups(database: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await database.deleteFrom("backups").where("id", "in", ids).execute();
}

function toBackup(row: Selectable<BackupsTable>): Backup {
  const what = `backup ${row.id}`;
  return {
    ...row,
    state: check(backupStateSchema, row.state, what),
    reason: check(backupReasonSchema, row.reason, what),
    parts: decode(partsSchema, row.parts, what),
    secrets: decode(secretsSchema, row.secrets, what),
  };
}
