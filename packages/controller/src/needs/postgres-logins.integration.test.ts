/** Rotation against a real PostgreSQL: the instance moves from login to login, and what it made stays its own. */
import { databaseLogin } from "@berth/shared/names";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { afterAll, beforeAll, expect, test } from "vitest";
import { retireLogins } from "./postgres-logins.ts";
import { databaseNeed, loginOfNeed, TestPostgres } from "./testing/postgres.ts";

let postgres: TestPostgres;
const from = "127.0.0.2";

beforeAll(async () => void (postgres = await TestPostgres.start()));
afterAll(() => postgres.remove());

/** The need of a tenant's instance whose password is in that version. */
function needAt(tenant: string, version: number): DatabaseNeed {
  const need = databaseNeed(tenant);
  return { ...need, login: databaseLogin(need.role, version) };
}

function retire(need: DatabaseNeed) {
  return postgres.asSuperuser((client) => retireLogins(need, { client, withDatabase: postgres.withDatabase }));
}

function login(need: DatabaseNeed): Promise<string> {
  return postgres.login(loginOfNeed(need, { from }));
}

async function rolesOf(tenant: string): Promise<string[]> {
  const { rows } = await postgres.asSuperuser((client) =>
    client.query<{ name: string }>("select rolname::text as name from pg_roles where rolname like $1 order by 1", [
      `${tenant}%`,
    ]),
  );
  return rows.map(({ name }) => name);
}

test("both logins work until the older is retired, which then opens nothing", async () => {
  const [before, after] = [needAt("user1", 1), needAt("user1", 2)];
  await postgres.ensure(before);
  expect(await postgres.ensure(after)).toEqual({ created: false });
  expect([await login(before), await login(after)]).toEqual(["connected", "connected"]);
  const open = await postgres.connect(loginOfNeed(before, { from }));
  const ended = new Promise((resolve) => open.on("end", () => resolve("ended")));

  expect(await retire(after)).toEqual({ retired: ["user1_n8n"] });
  expect(await retire(after)).toEqual({ retired: [] });
  expect(await login(before)).toContain("password authentication failed");
  expect(await ended).toBe("ended");
  expect(await login(after)).toBe("connected");
  expect((await postgres.observe([after])).get("user1_n8n")).toEqual({ exists: true, differences: [] });

  const third = needAt("user1", 3);
  await postgres.ensure(third);
  expect(await retire(third)).toEqual({ retired: ["user1_n8n.v2"] });
  expect(await login(after)).toContain("password authentication failed");
  expect(await login(third)).toBe("connected");
  expect(await rolesOf("user1")).toEqual(["user1_n8n", "user1_n8n.v3"]);
});

test("a migration under the new login makes tables that the login after it alters", async () => {
  const [first, second, third] = [needAt("user2", 1), needAt("user2", 2), needAt("user2", 3)];
  await postgres.ensure(first);
  await postgres.as(loginOfNeed(first, { from }), (client) => client.query("create table workflows (id int)"));
  await postgres.ensure(second);
  await postgres.as(loginOfNeed(second, { from }), async (client) => {
    await client.query("alter table workflows add column name text");
    await client.query("create schema migrations");
    await client.query("create table migrations.done (id serial primary key)");
    await client.query("create function answer() returns int language sql as 'select 42'");
    // What a pooler sends between two users of a connection.
    await client.query("discard all");
    await client.query("create type mood as enum ('good')");
    await client.query("select lo_create(4242)");
  });
  await retire(second);
  await postgres.ensure(third);
  await postgres.as(loginOfNeed(third, { from }), async (client) => {
    await client.query("alter table migrations.done add column at timestamptz");
    await client.query("alter type mood add value 'bad'");
    await client.query("drop function answer()");
    await client.query("select lo_unlink(4242)");
    await client.query("drop table workflows");
  });
  expect(await retire(third)).toEqual({ retired: ["user2_n8n.v2"] });
});

test("an owner that never logs in is made with its login, where a server begins anew at a later version", async () => {
  const need = needAt("user3", 4);
  expect(await postgres.ensure(need)).toEqual({ created: true });
  expect(await login(need)).toBe("connected");
  expect(await login(needAt("user3", 1))).toContain("password authentication failed");
  expect((await postgres.observe([need])).get("user3_n8n")).toEqual({ exists: true, differences: [] });
});

test("going back to the first version opens the owner's own login again", async () => {
  const [first, second] = [needAt("user4", 1), needAt("user4", 2)];
  await postgres.ensure(first);
  await postgres.ensure(second);
  await retire(second);
  expect((await postgres.observe([first])).get("user4_n8n")?.differences).toContain("role 'user4_n8n' may not log in");
  await postgres.ensure(first);
  expect(await login(first)).toBe("connected");
  expect((await postgres.observe([first])).get("user4_n8n")).toEqual({ exists: true, differences: [] });
  expect(await retire(first)).toEqual({ retired: ["user4_n8n.v2"] });
});

test("a tenant keeps no login from being retired by owning something under its own name", async () => {
  const [second, third] = [needAt("user5", 2), needAt("user5", 3)];
  await postgres.ensure(second);
  await postgres.ensure(databaseNeed("user6"));
  await postgres.as(loginOfNeed(second, { from }), async (client) => {
    await client.query("set role none");
    await client.query("create table anchor (id int)");
    await client.query("select lo_create(4243)");
    await client.query("reset role");
    await client.query("grant select on anchor to user6_n8n").catch(() => undefined);
  });
  await postgres.as(loginOfNeed(databaseNeed("user6"), { from }), async (client) => {
    await client.query("create table bait (id int)");
    await client.query('grant select on bait to "user5_n8n.v2"');
  });
  await postgres.ensure(third);
  expect(await retire(third)).toEqual({ retired: ["user5_n8n.v2"] });
  const owner = await postgres.as(loginOfNeed(third, { from }), (client) =>
    client.query("select tableowner from pg_tables where tablename = 'anchor'"),
  );
  expect(owner.rows).toEqual([{ tableowner: "user5_n8n" }]);
});

test.each([
  ["another membership", 'grant pg_read_server_files to "user7_n8n.v2"', "is a member of other roles"],
  ["no membership", 'revoke user7_n8n from "user7_n8n.v2"', "does not become 'user7_n8n'"],
  ["no change of role", 'alter role "user7_n8n.v2" reset role', "does not become 'user7_n8n'"],
  ["an owner with privileges", "alter role user7_n8n createrole", "has privileges of an administrator"],
])("tampering with a login is seen and mended: %s", async (_, statement, difference) => {
  const need = needAt("user7", 2);
  await postgres.ensure(need);
  await postgres.asSuperuser((client) => client.query(statement));
  expect((await postgres.observe([need])).get("user7_n8n")?.differences).toEqual([expect.stringContaining(difference)]);
  await postgres.ensure(need);
  expect((await postgres.observe([need])).get("user7_n8n")).toEqual({ exists: true, differences: [] });
});

test("nothing is retired for a login that is not there", async () => {
  await postgres.ensure(needAt("user8", 1));
  await expect(retire(needAt("user8", 2))).rejects.toThrow("PostgreSQL has no login 'user8_n8n.v2' to keep");
  expect(await login(needAt("user8", 1))).toBe("connected");
});

test("removing takes every login along, and those of a name that begins alike stay", async () => {
  const kept = databaseNeed("user9", { database: "user9_n8n_v2", role: "user9_n8n_v2" });
  await postgres.ensure(kept);
  for (const version of [1, 2, 3]) await postgres.ensure(needAt("user9", version));
  expect(await postgres.drop(needAt("user9", 3))).toEqual({ removed: true });
  expect(await rolesOf("user9")).toEqual(["user9_n8n_v2"]);
  expect(await login(kept)).toBe("connected");
});
