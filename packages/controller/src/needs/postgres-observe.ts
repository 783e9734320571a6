/** How databases and their roles are, against what is needed: one query for all of a server. */
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { ClientBase, Pool } from "pg";
import type { ObservedDatabase } from "../plan/observed.ts";
import { matchesVerifier } from "./scram.ts";

/** Databases of the server itself that no tenant's role may connect to. */
export const systemDatabases = ["postgres", "template1"] as const;

export interface DatabaseRow {
  database: string;
  owner: string | null;
  publicConnect: boolean | null;
  publicTemporary: boolean | null;
  roleExists: boolean;
  login: boolean | null;
  privileged: boolean | null;
  memberships: boolean | null;
  verifier: string | null;
  openSystemDatabases: string[];
}

const query = `
select wanted.database,
  pg_get_userbyid(d.datdba)::text as owner,
  has_database_privilege('public', d.oid, 'CONNECT') as "publicConnect",
  has_database_privilege('public', d.oid, 'TEMPORARY') as "publicTemporary",
  r.oid is not null as "roleExists",
  r.rolcanlogin as login,
  r.rolsuper or r.rolcreatedb or r.rolcreaterole or r.rolreplication or r.rolbypassrls as privileged,
  exists (select from pg_auth_members m where m.member = r.oid) as memberships,
  r.rolpassword as verifier,
  array(select s.datname::text from pg_database s where s.datname = any($3)
    and (has_database_privilege('public', s.oid, 'CONNECT') or has_database_privilege('public', s.oid, 'TEMPORARY'))
    order by 1) as "openSystemDatabases"
from unnest($1::text[], $2::text[]) as wanted(database, role)
left join pg_database d on d.datname = wanted.database
left join pg_authid r on r.rolname = wanted.role`;

/** By database name. `passwordOf` gives a role's password, or undefined when none was generated yet. */
export async function observeDatabases(
  client: Pool | ClientBase,
  needs: readonly DatabaseNeed[],
  passwordOf: (need: DatabaseNeed) => string | undefined,
): Promise<Map<string, ObservedDatabase>> {
  const names = [needs.map((need) => need.database), needs.map((need) => need.role), systemDatabases];
  const { rows } = await client.query<DatabaseRow>(query, names);
  const byName = new Map(rows.map((row) => [row.database, row]));
  return new Map(
    needs.flatMap((need) => {
      const row = byName.get(need.database);
      return row === undefined ? [] : [[need.database, compareDatabase(need, row, passwordOf(need))] as const];
    }),
  );
}

/** Pure: a row against its need. */
export function compareDatabase(need: DatabaseNeed, row: DatabaseRow, password: string | undefined): ObservedDatabase {
  const differences: string[] = [];
  if (row.owner !== null && row.owner !== need.role) differences.push(`owned by '${row.owner}', not by '${need.role}'`);
  if (row.publicConnect === true) differences.push("PUBLIC may connect");
  if (row.publicTemporary === true) differences.push("PUBLIC may make temporary tables");
  if (!row.roleExists) differences.push(`role '${need.role}' does not exist`);
  if (row.login === false) differences.push(`role '${need.role}' may not log in`);
  if (row.privileged === true) differences.push(`role '${need.role}' has privileges of an administrator`);
  if (row.memberships === true) differences.push(`role '${need.role}' is a member of other roles`);
  if (row.roleExists && !verifierMatches(row.verifier, password))
    differences.push(`role '${need.role}' has another password`);
  for (const database of row.openSystemDatabases) differences.push(`PUBLIC may use '${database}'`);
  return { exists: row.owner !== null, differences };
}

function verifierMatches(verifier: string | null, password: string | undefined): boolean {
  return verifier !== null && password !== undefined && matchesVerifier(password, verifier);
}
