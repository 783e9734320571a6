/** How databases and their roles are, against what is needed: one query for all of a server. */
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { ClientBase, Pool } from "pg";
import type { ObservedNeed } from "../plan/observed.ts";
import { observeAccess, type AccessServer } from "./postgres-access.ts";
import { connectionLimitOf, loginOf, loginPattern } from "./postgres-roles.ts";
import { matchesVerifier } from "./scram.ts";

/** Databases of the server itself that no tenant's role may connect to. */
export const systemDatabases = ["postgres", "template1"] as const;

export interface DatabaseRow {
  database: string;
  owner: string | null;
  publicConnect: boolean | null;
  publicTemporary: boolean | null;
  role: RoleRow | null;
  login: RoleRow | null;
  /** Members of the owner's role that are no logins of it. */
  strangers: string[];
  openSystemDatabases: string[];
}

interface RoleRow {
  canLogin: boolean;
  privileged: boolean;
  /** Roles that it is a member of. */
  memberOf: string[];
  verifier: string | null;
  connectionLimit: number;
  /** Settings of its sessions: `role=user1_n8n`. */
  settings: string[];
}

const query = `
with roles as (
  select r.rolname as name, jsonb_build_object(
    'canLogin', r.rolcanlogin,
    'privileged', r.rolsuper or r.rolcreatedb or r.rolcreaterole or r.rolreplication or r.rolbypassrls,
    'memberOf', coalesce((select jsonb_agg(g.rolname order by g.rolname)
      from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid), '[]'),
    'verifier', r.rolpassword,
    'connectionLimit', r.rolconnlimit,
    'settings', coalesce((select to_jsonb(s.setconfig)
      from pg_db_role_setting s where s.setrole = r.oid and s.setdatabase = 0), '[]')) as attributes
  from pg_authid r where r.rolname = any($2) or r.rolname = any($3)
)
select wanted.database,
  pg_get_userbyid(d.datdba)::text as owner,
  has_database_privilege('public', d.oid, 'CONNECT') as "publicConnect",
  has_database_privilege('public', d.oid, 'TEMPORARY') as "publicTemporary",
  o.attributes as role,
  l.attributes as login,
  array(select m.member::regrole::text from pg_auth_members m join pg_roles g on g.oid = m.roleid
    join pg_roles r on r.oid = m.member
    where g.rolname = wanted.role and r.rolname !~ wanted.logins order by 1) as strangers,
  array(select s.datname::text from pg_database s where s.datname = any($5)
    and (has_database_privilege('public', s.oid, 'CONNECT') or has_database_privilege('public', s.oid, 'TEMPORARY'))
    order by 1) as "openSystemDatabases"
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as wanted(database, role, login, logins)
left join pg_database d on d.datname = wanted.database
left join roles o on o.name = wanted.role
left join roles l on l.name = wanted.login`;

/**
 * By database name. `passwordOf` gives the login's password, or undefined when none was generated yet. With `server`,
 * also from where roles are let in: then `needs` are all that the server meets.
 */
export async function observeDatabases(
  client: Pool | ClientBase,
  needs: readonly DatabaseNeed[],
  passwordOf: (need: DatabaseNeed) => string | undefined,
  server?: AccessServer,
): Promise<Map<string, ObservedNeed>> {
  const rows = new Map((await readDatabases(client, needs)).map((row) => [row.database, row]));
  const access = server === undefined ? new Map<string, string[]>() : await observeAccess(client, needs, server);
  return new Map(
    needs.flatMap((need) => {
      const row = rows.get(need.database);
      if (row === undefined) return [];
      const { exists, differences } = compareDatabase(need, row, passwordOf(need));
      return [
        [need.database, { exists, differences: [...differences, ...(access.get(need.database) ?? [])] }] as const,
      ];
    }),
  );
}

export async function readDatabases(client: Pool | ClientBase, needs: readonly DatabaseNeed[]): Promise<DatabaseRow[]> {
  const { rows } = await client.query<DatabaseRow>(query, [
    needs.map(({ database }) => database),
    needs.map(({ role }) => role),
    needs.map(loginOf),
    needs.map(({ role }) => loginPattern(role)),
    systemDatabases,
  ]);
  return rows;
}

/** Pure: a row against its need. */
export function compareDatabase(need: DatabaseNeed, row: DatabaseRow, password: string | undefined): ObservedNeed {
  const differences: string[] = [];
  if (row.owner !== null && row.owner !== need.role) differences.push(`owned by '${row.owner}', not by '${need.role}'`);
  if (row.publicConnect === true) differences.push("PUBLIC may connect");
  if (row.publicTemporary === true) differences.push("PUBLIC may make temporary tables");
  differences.push(...roleDifferences(need, row, password));
  for (const database of row.openSystemDatabases) differences.push(`PUBLIC may use '${database}'`);
  return { exists: row.owner !== null, differences };
}

/** Pure: what is wrong with the owner's role and its login, as phrases. */
export function roleDifferences(need: DatabaseNeed, row: DatabaseRow, password: string | undefined): string[] {
  const { role, strangers } = row;
  const separate = loginOf(need) !== need.role;
  if (role === null) return [`role '${need.role}' does not exist`];
  return [
    ...(separate ? ownerDifferences(need.role, role) : []),
    ...strangers.map((stranger) => `role '${stranger}' is a member of '${need.role}'`),
    ...loginDifferences(need, row.login, password),
  ];
}

function ownerDifferences(name: string, { privileged, memberOf }: RoleRow): string[] {
  return [
    ...(privileged ? [`role '${name}' has privileges of an administrator`] : []),
    ...(memberOf.length > 0 ? [`role '${name}' is a member of other roles`] : []),
  ];
}

function loginDifferences(need: DatabaseNeed, login: RoleRow | null, password: string | undefined): string[] {
  const name = loginOf(need);
  if (login === null) return [`role '${name}' does not exist`];
  const differences: string[] = [];
  const expected = name === need.role ? [] : [need.role];
  const limit = connectionLimitOf(need);
  if (!login.canLogin) differences.push(`role '${name}' may not log in`);
  if (login.privileged) differences.push(`role '${name}' has privileges of an administrator`);
  if (login.memberOf.some((other) => !expected.includes(other)))
    differences.push(`role '${name}' is a member of other roles`);
  if (expected.some((owner) => !login.memberOf.includes(owner) || !login.settings.includes(`role=${owner}`)))
    differences.push(`role '${name}' does not become '${need.role}'`);
  if (login.connectionLimit !== limit)
    differences.push(`role '${name}' may have ${connections(login.connectionLimit)} connections, not ${limit}`);
  if (!verifierMatches(login.verifier, password)) differences.push(`role '${name}' has another password`);
  return differences;
}

function connections(limit: number): string {
  return limit === -1 ? "all" : String(limit);
}

function verifierMatches(verifier: string | null, password: string | undefined): boolean {
  return verifier !== null && password !== undefined && matchesVerifier(password, verifier);
}
