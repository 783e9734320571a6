/** Makes a database with an own login role, and closes both to everybody else. Idempotent, safe to interrupt. */
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
import { observeDatabases, systemDatabases } from "./postgres-observe.ts";
import { createVerifier } from "./scram.ts";

/** Two of these at once would trip over each other's catalog rows; the lock is the server's and ends with the session. */
const lockQuery = "select pg_advisory_lock(hashtext('berth database.ensure'))";
const unlockQuery = "select pg_advisory_unlock(hashtext('berth database.ensure'))";

export interface EnsureDatabaseContext {
  /** Connected as superuser to the database `postgres`. */
  client: ClientBase;
  /** Runs work on a superuser connection to another database of the server. */
  withDatabase: (database: string, work: (client: ClientBase) => Promise<void>) => Promise<void>;
  password: string;
  log: (line: string) => void;
}

export async function ensureDatabase(
  need: DatabaseNeed,
  context: EnsureDatabaseContext,
): Promise<{ created: boolean }> {
  await context.client.query(lockQuery);
  try {
    return await ensureLocked(need, context);
  } finally {
    await context.client.query(unlockQuery);
  }
}

async function ensureLocked(
  need: DatabaseNeed,
  { client, withDatabase, password, log }: EnsureDatabaseContext,
): Promise<{ created: boolean }> {
  const seen = (await observeDatabases(client, [need], () => password)).get(need.database);
  const differences = seen?.differences ?? [];
  for (const statement of roleStatements(need, differences, password)) await client.query(statement);
  if (seen?.exists !== true) {
    log(`creating database ${need.database} owned by ${need.role}`);
    // template0 admits no connections, so that several can be made while others are connected to template1.
    await client.query(
      `create database ${escapeIdentifier(need.database)} owner ${escapeIdentifier(need.role)} template template0`,
    );
  } else if (differences.length > 0) {
    log(`mending database ${need.database}: ${differences.join(", ")}`);
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

/** Pure. Every attribute is stated, so that a role that was tampered with is set right by the same statement. */
export function roleStatements(need: DatabaseNeed, differences: readonly string[], password: string): string[] {
  const role = escapeIdentifier(need.role);
  const attributes = "login nosuperuser nocreatedb nocreaterole noreplication nobypassrls";
  const secret = `password ${escapeLiteral(createVerifier(password))}`;
  if (differences.includes(`role '${need.role}' does not exist`))
    return [`create role ${role} ${attributes} ${secret}`];
  return differences.some((difference) => difference.startsWith(`role '${need.role}'`))
    ? [`alter role ${role} ${attributes} ${secret}`, revokeMemberships(need.role)]
    : [];
}

function revokeMemberships(role: string): string {
  return `do $berth$ declare granted text; begin
    for granted in select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid
      join pg_roles r on r.oid = m.member where r.rolname = ${escapeLiteral(role)}
    loop execute format('revoke %I from %I', granted, ${escapeLiteral(role)}); end loop; end $berth$`;
}

/** Ends the database's connections and drops it with its role. Idempotent. */
export async function removeDatabase(
  client: ClientBase,
  { database, role }: { database: string; role: string },
): Promise<{ removed: boolean }> {
  const { rows } = await client.query<{ present: boolean }>(
    "select exists (select from pg_database where datname = $1) as present",
    [database],
  );
  await client.query(`drop database if exists ${escapeIdentifier(database)} with (force)`);
  await client.query(`drop role if exists ${escapeIdentifier(role)}`);
  return { removed: rows[0]?.present === true };
}
