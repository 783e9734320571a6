/** Against a real PostgreSQL: what Berth makes is what its tenants can and cannot do. */
import type { ClientBase } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PostgresServer } from "./postgres-servers.ts";
import { ensureSuperuserPassword } from "./postgres-superuser.ts";
import { databaseNeed, freePort, loginOfNeed, TestPostgres } from "./testing/postgres.ts";

let postgres: TestPostgres;
const [first, second] = [databaseNeed("user1"), databaseNeed("user2")];
const needs = [first, second];

beforeAll(async () => void (postgres = await TestPostgres.start()));
afterAll(() => postgres.remove());

test("many at once, and again: each is made once and nothing is left to do", async () => {
  expect((await postgres.observe(needs)).get("user1_n8n")).toMatchObject({ exists: false });
  const results = await Promise.all([...needs, ...needs].map((need) => postgres.ensure(need)));
  expect(results.filter(({ created }) => created)).toHaveLength(2);
  expect([...(await postgres.observe(needs)).values()]).toEqual([
    { exists: true, differences: [] },
    { exists: true, differences: [] },
  ]);
});

test("a tenant's role owns its own database and gets into no other", async () => {
  await Promise.all(needs.map((need) => postgres.ensure(need)));
  const from = "127.0.0.2";
  expect(await postgres.login(loginOfNeed(first, { from }))).toBe("connected");
  expect(await postgres.login(loginOfNeed(first, { from, password: "wrong" }))).toContain(
    "password authentication failed",
  );
  for (const database of ["user2_n8n", "postgres", "template1"]) {
    expect(await postgres.login(loginOfNeed(first, { from, database }))).toContain("permission denied for database");
  }
});

test.each([
  [
    "public privileges",
    "grant connect, temporary on database user1_n8n to public",
    ["PUBLIC may connect", "PUBLIC may make temporary tables"],
  ],
  ["an open system database", "grant connect on database postgres to public", ["PUBLIC may use 'postgres'"]],
  [
    "an administrator's attribute",
    "alter role user1_n8n createdb",
    ["role 'user1_n8n' has privileges of an administrator"],
  ],
  ["a membership", "grant pg_read_server_files to user1_n8n", ["role 'user1_n8n' is a member of other roles"]],
  ["a member", "grant user1_n8n to user2_n8n", ["role 'user2_n8n' is a member of 'user1_n8n'"]],
  ["another password", "alter role user1_n8n password 'other'", ["role 'user1_n8n' has another password"]],
  ["no login", "alter role user1_n8n nologin", ["role 'user1_n8n' may not log in"]],
  ["no limit", "alter role user1_n8n connection limit -1", ["role 'user1_n8n' may have all connections, not 20"]],
  ["another owner", "alter database user1_n8n owner to postgres", ["owned by 'postgres', not by 'user1_n8n'"]],
])("tampering is seen and mended: %s", async (_, statement, differences) => {
  await Promise.all(needs.map((need) => postgres.ensure(need)));
  await postgres.asSuperuser((client) => client.query(statement));
  expect((await postgres.observe(needs)).get("user1_n8n")).toEqual({ exists: true, differences });
  expect(await postgres.ensure(first)).toEqual({ created: false });
  expect((await postgres.observe(needs)).get("user1_n8n")).toEqual({ exists: true, differences: [] });
});

test("removing takes the database and its role, and nothing else", async () => {
  await Promise.all(needs.map((need) => postgres.ensure(need)));
  expect(await postgres.drop(first)).toEqual({ removed: true });
  expect(await postgres.drop(first)).toEqual({ removed: false });
  expect(await postgres.login(loginOfNeed(first, { from: "127.0.0.2" }))).toContain("password authentication failed");
  expect((await postgres.observe(needs)).get("user2_n8n")).toEqual({ exists: true, differences: [] });
});

test("nobody keeps another's role from being removed by granting it something", async () => {
  await Promise.all(needs.map((need) => postgres.ensure(need)));
  await postgres.as(loginOfNeed(second, { from: "127.0.0.2" }), async (client) => {
    await client.query("create table bait (id int)");
    await client.query("grant select on bait to user1_n8n");
    await client.query("alter default privileges grant select on tables to user1_n8n");
  });
  expect(await postgres.drop(first)).toEqual({ removed: true });
  const { rows } = await postgres.asSuperuser((client) =>
    client.query("select from pg_roles where rolname = 'user1_n8n'"),
  );
  expect(rows).toEqual([]);
});

test("a server that is away is told in one sentence, without the password", async () => {
  const away = { ...postgres.server, port: await freePort() };
  await expect(postgres.servers.withClient(away, () => Promise.resolve())).rejects.toThrow(
    `PostgreSQL at 127.0.0.1:${away.port} answered: connect ECONNREFUSED 127.0.0.1:${away.port}`,
  );
});

test("a password that changes between two attempts is not taken for a wrong one", async () => {
  let reads = 0;
  const rotating = {
    ...postgres.server,
    get password() {
      reads += 1;
      return reads === 1 ? "not in force yet" : postgres.server.password;
    },
    earlierPasswords: ["not in force any more"],
  };
  expect(await postgres.servers.withClient(rotating, () => Promise.resolve(reads))).toBe(2);
});

test("the superuser's password changes without a moment in which the controller does not get in", async () => {
  const next = {
    ...postgres.server,
    password: "another-superuser-password",
    earlierPasswords: [postgres.server.password],
  };
  const ask = (server: PostgresServer) =>
    postgres.servers.withClient(server, async (client) => (await client.query("select 1 as one")).rows);
  expect(await ask(next)).toEqual([{ one: 1 }]);
  const change = () => postgres.servers.withClient(next, (client) => ensureSuperuserPassword(client, next.password));
  try {
    expect(await change()).toEqual({ changed: true });
    expect(await change()).toEqual({ changed: false });
    expect(await ask({ ...next, earlierPasswords: [] })).toEqual([{ one: 1 }]);
    expect(await postgres.login(postgres.superuser({ from: "127.0.0.2" }))).toContain("password authentication failed");
    await expect(ask({ ...next, password: "wrong", earlierPasswords: ["wrong, too"] })).rejects.toThrow(
      'password authentication failed for user "postgres"',
    );
  } finally {
    const restore = (client: ClientBase) => ensureSuperuserPassword(client, postgres.server.password);
    await postgres.servers.withClient({ ...next, earlierPasswords: [postgres.server.password] }, restore);
  }
});
