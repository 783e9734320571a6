/** Makes a database with an own login role, and closes both to everybody else. Idempotent, safe to interrupt. */
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { escapeIdentifier, type ClientBase } from "pg";
import { checkpointName, setAsideName } from "./postgres-checkpoint.ts";
import { compareDatabase, readDatabases, roleDifferences, systemDatabases } from "./postgres-observe.ts";
import { loginsOf, dropRole } from "./postgres-logins.ts";
import { locked } from "./postgres-lock.ts";
import { roleStatements } from "./postgres-roles.ts";
import type { WithDatabase } from "./postgres-servers.ts";

export interface EnsureDatabaseContext {
  /** Connected as superuser to the database `postgres`. */
  client: ClientBase;
  withDatabase: WithDatabase;
  /** Of the login. */
  password: string;
  log: (line: string) => void;
}

export function ensureDatabase(need: DatabaseNeed, context: EnsureDatabaseContext): Promise<{ created: boolean }> {
  return locked(context.client, () => ensureLocked(need, context));
}

async function ensureLocked(
  need: DatabaseNeed,
  { client, withDatabase, password, log }: EnsureDatabaseContext,
): Promise<{ created: boolean }> {
  const [row] = await readDatabases(client, [need]);
  if (row === undefined || roleDifferences(need, row, password).length > 0) {
    const present = { owner: row?.role !== null, login: row?.login !== null };
    for (const statement of roleStatements(need, present, password)) await client.query(statement);
  }
  const seen = row === undefined ? undefined : compareDatabase(need, row, password);
  if (seen?.exists !== true) {
    log(`creating database ${need.database} owned by ${need.role}`);
    // template0 admits no connections, so that several can be made while others are connected to template1.
    await client.query(
      `create database ${escapeIdentifier(need.database)} owner ${escapeIdentifier(need.role)} template template0`,
    );
  } else if (seen.differences.length > 0) {
    log(`mending database ${need.database}: ${seen.differences.join(", ")}`);
    await client.query(`alter database ${escapeIdentifier(need.database)} owner to ${escapeIdentifier(need.role)}`);
  }
  for (const database of [need.database, ...systemDatabases]) {
    await client.query(`revoke connect, temporary on database ${escapeIdentifier(database)} from public`);
  }
  if (need.extensions.length > 0) {
    await withDatabase(need.database, async (inside) => {
      for (const extension of need.extensions) {
        await inside.query(`create extension if not exists ${escapeIdentifier(extension)}`);
      }
    });
  }
  return { created: seen?.exists !== true };
}

/** Ends the database's connections and drops it with its copies, its role and every login of it. Idempotent. */
export function removeDatabase(
  { database, role }: { database: string; role: string },
  { client, withDatabase }: { client: ClientBase; withDatabase: WithDatabase },
): Promise<{ removed: boolean }> {
  return locked(client, async () => {
    const { rows } = await client.query<{ present: boolean }>(
      "select exists (select from pg_database where datname = $1) as present",
      [database],
    );
    for (const name of [database, checkpointName(database), setAsideName(database)]) {
      await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    }
    for (const name of [...(await loginsOf(client, role)), role]) await dropRole(name, { client, withDatabase });
    return { removed: rows[0]?.present === true };
  });
}
