/** Ends logins that an instance has moved away from, after its password was rotated. Idempotent, safe to interrupt. */
import { BerthError } from "@berth/shared/errors";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { escapeIdentifier, type ClientBase } from "pg";
import { locked } from "./postgres-lock.ts";
import { loginOf, loginPattern } from "./postgres-roles.ts";
import type { WithDatabase } from "./postgres-servers.ts";

export interface LoginsContext {
  /** Connected as superuser to the database `postgres`. */
  client: ClientBase;
  withDatabase: WithDatabase;
}

/** How long a session may take to end that was told to, in milliseconds. */
const sessionEndMilliseconds = 10_000;

/** Leaves the need's login as the only one of its database; gives those that went. */
export function retireLogins(
  need: Pick<DatabaseNeed, "role" | "login">,
  { client, withDatabase }: LoginsContext,
): Promise<{ retired: string[] }> {
  return locked(client, async () => {
    const login = loginOf(need);
    await requireLogin(client, login);
    const retired = (await loginsOf(client, need.role)).filter((name) => name !== login);
    for (const name of retired) await dropRole(name, { client, withDatabase, heir: need.role });
    if (login !== need.role && (await closeOwner(client, need.role))) retired.push(need.role);
    return { retired };
  });
}

/** Without it, nothing could log in any more. */
async function requireLogin(client: ClientBase, login: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1 and rolcanlogin", [login]);
  if (rowCount === 1) return;
  throw new BerthError("store.failed", `PostgreSQL has no login '${login}' to keep, so that none was taken away`, {
    hint: "Apply the fleet file again: it makes the login.",
  });
}

/** The role stays, as the owner of everything; only nobody logs in as it any more. false: nobody could. */
async function closeOwner(client: ClientBase, role: string): Promise<boolean> {
  const { rowCount } = await client.query(
    "select from pg_authid where rolname = $1 and (rolcanlogin or rolpassword is not null)",
    [role],
  );
  await client.query(`alter role ${escapeIdentifier(role)} nologin password null`);
  await endSessions(client, role);
  return rowCount === 1;
}

/** The logins of an owner's role beside itself, whether they are members of it still or not. */
export async function loginsOf(client: ClientBase, role: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select rolname::text as name from pg_roles where rolname ~ $1 order by oid",
    [loginPattern(role)],
  );
  return rows.map(({ name }) => name);
}

/**
 * Drops a role wherever something refers to it. What it owns goes to `heir`, or without one goes, too. Others may have
 * granted it something of theirs to keep it from being dropped; such grants go with it.
 */
export async function dropRole(
  name: string,
  { client, withDatabase, heir }: LoginsContext & { heir?: string },
): Promise<void> {
  const role = escapeIdentifier(name);
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [name]);
  if (rowCount !== 1) return;
  await client.query(`alter role ${role} nologin`);
  await endSessions(client, name);
  for (const database of await databasesReferringTo(client, name)) {
    await withDatabase(database, async (inside) => {
      if (heir !== undefined) await inside.query(`reassign owned by ${role} to ${escapeIdentifier(heir)}`);
      await inside.query(`drop owned by ${role} cascade`);
    });
  }
  await client.query(`drop owned by ${role}`);
  await client.query(`drop role ${role}`);
}

async function databasesReferringTo(client: ClientBase, role: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct d.datname::text as name from pg_shdepend s join pg_database d on d.oid = s.dbid
      join pg_roles r on r.oid = s.refobjid
      where s.refclassid = 'pg_authid'::regclass and r.rolname = $1 and d.datallowconn order by 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}

/** A role that may not log in any more keeps the sessions that it has. */
async function endSessions(client: ClientBase, role: string): Promise<void> {
  await client.query("select pg_terminate_backend(pid, $2) from pg_stat_activity where usename = $1", [
    role,
    sessionEndMilliseconds,
  ]);
}
