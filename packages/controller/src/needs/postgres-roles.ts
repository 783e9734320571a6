/** The roles of a database: an owner, and the login under which the instance becomes the owner. Statements are pure. */
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { escapeIdentifier, escapeLiteral } from "pg";
import { createVerifier } from "./scram.ts";

/**
 * A server has 400 connections and keeps 3 of them for its superuser. A tenant's three instances can take 60, so that
 * one that runs wild leaves room for everybody else; the greediest pool of the catalog (Open WebUI's) takes 15.
 */
export const defaultConnectionLimit = 20;

export type RoleNeed = Pick<DatabaseNeed, "role" | "login" | "connectionLimit">;

export function loginOf({ role, login }: RoleNeed): string {
  return login ?? role;
}

export function connectionLimitOf({ connectionLimit }: RoleNeed): number {
  return connectionLimit ?? defaultConnectionLimit;
}

/** A regular expression of PostgreSQL for the names of a role's logins, see `databaseLogin`. */
export function loginPattern(role: string): string {
  return `^${role.replaceAll(/[^a-z0-9_]/gi, String.raw`\$&`)}\\.v[0-9]+$`;
}

const harmless = "nosuperuser nocreatedb nocreaterole noreplication nobypassrls";

/**
 * Makes the roles, or sets them right: every attribute is stated, so that a role that was tampered with is mended by the
 * same statements. `present` says which exist. An owner with a login beside it keeps its own login: what still uses it
 * is about to move.
 */
export function roleStatements(
  need: RoleNeed,
  present: { owner: boolean; login: boolean },
  password: string,
): string[] {
  const owner = escapeIdentifier(need.role);
  const login = escapeIdentifier(loginOf(need));
  const secret = `connection limit ${connectionLimitOf(need)} password ${escapeLiteral(createVerifier(password))}`;
  if (loginOf(need) === need.role) {
    return [
      `${present.owner ? "alter" : "create"} role ${owner} login ${harmless} ${secret}`,
      revokeMemberships(need.role, []),
      revokeStrangers(need.role),
    ];
  }
  return [
    present.owner ? `alter role ${owner} ${harmless}` : `create role ${owner} nologin ${harmless}`,
    `${present.login ? "alter" : "create"} role ${login} login inherit ${harmless} ${secret}`,
    revokeMemberships(need.role, []),
    revokeMemberships(loginOf(need), [need.role]),
    revokeStrangers(need.role),
    `grant ${owner} to ${login}`,
    // Whatever it makes belongs to the owner, so that the next login has it, too.
    `alter role ${login} set role to ${escapeLiteral(need.role)}`,
  ];
}

/** Takes a role out of every other but those in `keep`. */
function revokeMemberships(role: string, keep: readonly string[]): string {
  const kept = keep.map((name) => escapeLiteral(name)).join(", ");
  const others = keep.length === 0 ? "" : ` and g.rolname not in (${kept})`;
  return revokeGrants(`r.rolname = ${escapeLiteral(role)}${others}`);
}

/** Takes out of a role whoever is not a login of it. */
function revokeStrangers(role: string): string {
  return revokeGrants(`g.rolname = ${escapeLiteral(role)} and r.rolname !~ ${escapeLiteral(loginPattern(role))}`);
}

function revokeGrants(condition: string): string {
  return `do $berth$ declare granted record; begin
    for granted in select g.rolname as role, r.rolname as member, m.grantor::regrole as grantor
      from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member where ${condition}
    loop execute format('revoke %I from %I granted by %s cascade', granted.role, granted.member, granted.grantor);
    end loop; end $berth$`;
}
