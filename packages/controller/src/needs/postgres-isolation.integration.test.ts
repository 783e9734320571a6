/** A tenant gone bad, with everything its instance knows, against a real PostgreSQL. Each attempt is a test. */
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureAccess } from "./postgres-access.ts";
import { defaultConnectionLimit } from "./postgres-roles.ts";
import { databaseNeed, loginOfNeed, TestPostgres } from "./testing/postgres.ts";

const attacker = databaseNeed("user1", { clientAddress: "127.0.0.2", login: "user1_n8n.v2" });
const victim = databaseNeed("user2", { clientAddress: "127.0.0.3" });
const own = loginOfNeed(attacker, { from: attacker.clientAddress });
const victims = loginOfNeed(victim, { from: victim.clientAddress });
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await TestPostgres.start();
  await postgres.ensure(attacker);
  await postgres.ensure(victim);
  await postgres.as(victims, async (client) => {
    await client.query("create table credentials (id int, secret text)");
    await client.query("insert into credentials values (1, 'hunter2hunter2')");
    await client.query("select lo_from_bytea(7001, 'hunter2hunter2')");
  });
  await postgres.asSuperuser((client) =>
    ensureAccess([attacker, victim], {
      client,
      serverAddress: "10.0.6.10",
      dataDirectory: postgres.dataDirectory,
      connectAgain: () => postgres.asSuperuser(async () => undefined),
      log: () => undefined,
    }),
  );
});
afterAll(() => postgres.remove());

/** Opens connections until the server refuses one; gives its words. */
async function takeConnections(taken: Client[], most: number): Promise<string> {
  while (taken.length < most) {
    try {
      taken.push(await postgres.connect(own));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return "";
}

/** What the server answers to the attacker's statement. */
function attempt(...statements: string[]): Promise<unknown> {
  return postgres.as(own, async (client) => {
    let answer: unknown;
    for (const statement of statements) answer = (await client.query<Record<string, unknown>>(statement)).rows;
    return answer;
  });
}

describe("in its own database it can do its work", () => {
  test("make, alter and drop tables, sequences, schemas and functions", async () => {
    await attempt(
      "create table workflows (id serial primary key, data jsonb)",
      "create index on workflows using gin (data)",
      "create schema extra",
      "create function extra.answer() returns int language plpgsql as 'begin return 42; end'",
      "drop schema extra cascade",
      "drop table workflows",
    );
  });

  test("make temporary tables, and the extensions that PostgreSQL trusts every owner with", async () => {
    await attempt("create temporary table scratch (id int)", "create extension if not exists pg_trgm");
  });
});

describe("getting into another database", () => {
  test.each(["user2_n8n", "postgres", "template1"])("connecting to %s", async (database) => {
    expect(await postgres.login({ ...own, database })).toContain("pg_hba.conf rejects connection");
  });

  test.each(["user2_n8n", "postgres", "template1"])("connecting to %s, were pg_hba.conf open", async (database) => {
    const { rows } = await postgres.asSuperuser((client) =>
      client.query("select has_database_privilege($1, $2, 'connect') as may", [own.user, database]),
    );
    expect(rows).toEqual([{ may: false }]);
  });

  test.each(["postgres", "template1"])("temporary tables in %s", async (database) => {
    const { rows } = await postgres.asSuperuser((client) =>
      client.query("select has_database_privilege($1, $2, 'temporary') as may", [own.user, database]),
    );
    expect(rows).toEqual([{ may: false }]);
  });

  test("with the victim's own login and password, from the attacker's node", async () => {
    expect(await postgres.login({ ...victims, from: attacker.clientAddress })).toContain("rejects connection");
  });

  test("as superuser with the right password, from the attacker's node", async () => {
    const superuser = postgres.superuser({ from: attacker.clientAddress });
    expect(await postgres.login(superuser)).toContain("pg_hba.conf rejects connection");
  });

  test("for replication, which reads every database", async () => {
    const client = postgres.connect({ ...own, replication: "database" });
    await expect(client).rejects.toThrow(/must be superuser or replication role|permission denied/);
  });

  test("reading a table of another database by its full name", async () => {
    await expect(attempt("select * from user2_n8n.public.credentials")).rejects.toThrow("cross-database references");
  });

  test("listing tables shows none of the victim's", async () => {
    expect(JSON.stringify(await attempt("select relname from pg_class"))).not.toContain("credentials");
  });

  test("reading a large object of the victim's by its id", async () => {
    await expect(attempt("select lo_get(7001)")).rejects.toThrow("large object 7001 does not exist");
  });
});

describe("becoming somebody else", () => {
  test.each([
    ["set role user2_n8n", "permission denied to set role"],
    ["set role postgres", "permission denied to set role"],
    ["set session authorization user2_n8n", "permission denied to set session authorization"],
    ["grant user2_n8n to user1_n8n", /must have admin option|permission denied/],
    ["grant pg_read_all_data to user1_n8n", /must have admin option|permission denied/],
    ["grant user1_n8n to user2_n8n", /must have admin option|permission denied/],
    ["alter role user1_n8n superuser", /must be superuser|permission denied/],
    ["alter role user1_n8n createdb", "permission denied"],
    ["alter role user1_n8n bypassrls", /must be superuser|permission denied/],
    ["alter role user1_n8n connection limit -1", "permission denied"],
    ["alter role user2_n8n password 'mine'", "permission denied"],
    ["alter role postgres password 'mine'", /must be superuser|permission denied/],
    ["alter role user2_n8n set search_path to evil", "permission denied"],
    ["create role mine login", "permission denied to create role"],
    ["drop role user2_n8n", "permission denied to drop role"],
    [
      "create function f() returns int language sql security definer as 'select 1'; alter function f() owner to postgres",
      /must be (able to SET ROLE|member of role)/,
    ],
  ])("%s", async (statement, answer) => {
    await expect(attempt(statement)).rejects.toThrow(answer);
  });

  test("giving up the owner's role leaves less, not more", async () => {
    await expect(attempt("set role none", "set role user2_n8n")).rejects.toThrow("permission denied to set role");
  });

  test("reading password verifiers", async () => {
    await expect(attempt("select rolpassword from pg_authid")).rejects.toThrow("permission denied for table pg_authid");
    expect(await attempt("select passwd from pg_shadow").catch((error: Error) => error.message)).toContain(
      "permission denied",
    );
  });
});

describe("what belongs to others or to the server", () => {
  test.each([
    ["create database mine", "permission denied to create database"],
    ["drop database user2_n8n", "must be owner of database user2_n8n"],
    ["alter database user2_n8n owner to user1_n8n", "must be owner of database"],
    ["alter database postgres connection limit 0", "must be owner of database"],
    ["alter system set log_statement to 'all'", /must be superuser|permission denied/],
    ["select pg_reload_conf()", "permission denied for function pg_reload_conf"],
    ["select pg_rotate_logfile()", "permission denied for function pg_rotate_logfile"],
    ["select pg_switch_wal()", "permission denied for function pg_switch_wal"],
    ["select * from pg_hba_file_rules", "permission denied"],
    ["create tablespace mine location '/tmp'", "permission denied to create tablespace"],
    ["create subscription mine connection 'host=10.0.6.12' publication p", /must be superuser|permission denied/],
    [
      "create event trigger mine on ddl_command_start execute function f()",
      /must be superuser|permission denied|does not exist/,
    ],
  ])("%s", async (statement, answer) => {
    await expect(attempt(statement)).rejects.toThrow(answer);
  });
});

/** In the words of PostgreSQL 15, then of 17. */
describe("the server's files and commands", () => {
  test.each([
    ["copy (select 1) to program 'id'", /pg_execute_server_program|permission denied to COPY/],
    ["create table t (line text); copy t from program 'id'", /pg_execute_server_program|permission denied to COPY/],
    ["create table t (line text); copy t from '/etc/passwd'", /pg_read_server_files|permission denied to COPY/],
    ["copy (select 1) to '/tmp/written'", /pg_write_server_files|permission denied to COPY/],
    ["select pg_read_file('pg_hba.conf')", "permission denied for function pg_read_file"],
    ["select pg_read_binary_file('/etc/passwd')", "permission denied for function pg_read_binary_file"],
    ["select pg_ls_dir('.')", "permission denied for function pg_ls_dir"],
    ["select pg_stat_file('pg_hba.conf')", "permission denied for function pg_stat_file"],
    ["select lo_import('/etc/passwd')", "permission denied for function lo_import"],
    ["select lo_export(1, '/tmp/written')", "permission denied for function lo_export"],
    ["load '/tmp/evil.so'", "access to library"],
    ["create function f() returns int language c as '/tmp/evil', 'f'", "permission denied for language c"],
    ["create function f() returns int language internal as 'int4pl'", "permission denied for language internal"],
    ["set session_preload_libraries to 'evil'", "permission denied to set parameter"],
  ])("%s", async (statement, answer) => {
    await expect(attempt(statement)).rejects.toThrow(answer);
  });

  test.each(["dblink", "postgres_fdw", "file_fdw", "adminpack", "plpython3u", "pg_stat_statements"])(
    "the extension %s",
    async (extension) => {
      await expect(attempt(`create extension ${extension}`)).rejects.toThrow(
        /permission denied to create extension|is not available|extension control file/,
      );
    },
  );
});

describe("the sessions of others", () => {
  const pidOf = (client: Client) =>
    client.query<{ pid: number }>("select pg_backend_pid() as pid").then(({ rows }) => rows[0]?.pid ?? 0);

  test.each(["pg_terminate_backend", "pg_cancel_backend"])("%s of the victim", async (name) => {
    await postgres.as(victims, async (client) => {
      const pid = await pidOf(client);
      await expect(attempt(`select ${name}(${pid})`)).rejects.toThrow(/must be a member of the role|permission denied/);
      expect(await pidOf(client)).toBe(pid);
    });
  });

  test("pg_terminate_backend of Berth's own", async () => {
    await postgres.asSuperuser(async (client) => {
      const pid = await pidOf(client);
      await expect(attempt(`select pg_terminate_backend(${pid})`)).rejects.toThrow(
        /must be a superuser|permission denied/,
      );
    });
  });

  test("reading the statements of others", async () => {
    await postgres.as(victims, async (client) => {
      await client.query("select 'hunter2hunter2'");
      const seen = JSON.stringify(await attempt("select usename, query, client_addr from pg_stat_activity"));
      expect(seen).not.toContain("hunter2");
      expect(seen).toContain("<insufficient privilege>");
    });
  });

  test("taking every connection of the server", async () => {
    const mine: Client[] = [];
    try {
      const refusal = await takeConnections(mine, 100);
      expect(refusal).toBe(`too many connections for role "${own.user}"`);
      expect(mine).toHaveLength(defaultConnectionLimit);
      expect(await postgres.login(victims)).toBe("connected");
    } finally {
      for (const client of mine) await client.end();
    }
  });

  test("holding the lock that Berth takes", async () => {
    await postgres.as(own, async (client) => {
      await client.query("select pg_advisory_lock(hashtext('berth database.ensure'))");
      expect(await postgres.ensure(victim)).toEqual({ created: false });
    });
  });
});

test("after all of this the victim has what it had, and nothing is left to mend", async () => {
  expect(
    await postgres.as(victims, async (client) => (await client.query("select secret from credentials")).rows),
  ).toEqual([{ secret: "hunter2hunter2" }]);
  expect([...(await postgres.observe([attacker, victim])).values()]).toEqual([
    { exists: true, differences: [] },
    { exists: true, differences: [] },
  ]);
});
