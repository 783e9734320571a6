/** Against a real PostgreSQL: what is copied comes back, to nobody but its owner, whenever it is interrupted. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { availableBytes, requireRoom } from "./postgres-checkpoint-room.ts";
import {
  checkpointName,
  createCheckpoint,
  prepareCheckpoint,
  removeCheckpoint,
  restoreCheckpoint,
  setAsideName,
  type CheckpointContext,
} from "./postgres-checkpoint.ts";
import { databaseNeed, loginOfNeed, TestPostgres } from "./testing/postgres.ts";

let postgres: TestPostgres;
const [own, other] = [databaseNeed("user1"), databaseNeed("user2")];
const { database } = own;
const from = "127.0.0.2";
const upgrade = "n8n-20261129-121500-3f2a";

beforeAll(async () => void (postgres = await TestPostgres.start()));
afterAll(() => postgres.remove());
beforeEach(async () => {
  await Promise.all([own, other].map((need) => postgres.drop(need)));
  await Promise.all([own, other].map((need) => postgres.ensure(need)));
  await asOwner("create table flows (id int primary key, name text)", "insert into flows values (1, 'first')");
});

function asOwner(...statements: string[]): Promise<void> {
  return postgres.as(loginOfNeed(own, { from }), async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

async function flows(): Promise<string[]> {
  return postgres.as(loginOfNeed(own, { from }), async (client) => {
    const { rows } = await client.query<{ name: string }>("select name from flows order by id");
    return rows.map(({ name }) => name);
  });
}

function during<T>(work: (context: CheckpointContext) => Promise<T>): Promise<T> {
  return postgres.asSuperuser((client) =>
    postgres.asSuperuser((beside) => work({ client, beside, log: () => undefined })),
  );
}

const create = (of = upgrade) => during((context) => createCheckpoint({ upgrade: of, database }, context));
const restore = (of = upgrade) => during((context) => restoreCheckpoint({ upgrade: of, database }, context));
const remove = () => during((context) => removeCheckpoint({ database }, context));

function databases(): Promise<string[]> {
  return postgres.asSuperuser(async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select datname as name from pg_database where datname like 'user1%' order by 1",
    );
    return rows.map(({ name }) => name);
  });
}

test("comes back as it was, with what was written since set aside, until the next checkpoint", async () => {
  expect((await create()).bytes).toBeGreaterThan(1_000_000);
  await asOwner("drop table flows", "create table flows (id int, name text, version int)");
  expect(await restore()).toEqual({ setAside: "user1_n8n.set-aside" });
  expect(await flows()).toEqual(["first"]);
  expect(await databases()).toEqual(["user1_n8n", "user1_n8n.set-aside"]);
  expect((await postgres.observe([own])).get(database)).toEqual({ exists: true, differences: [] });
  await create("another");
  expect(await databases()).toEqual(["user1_n8n", "user1_n8n.checkpoint"]);
  expect(await remove()).toEqual({ removed: true });
  expect(await remove()).toEqual({ removed: false });
  expect(await databases()).toEqual(["user1_n8n"]);
});

test("made a second time for the same upgrade, it stays what it was", async () => {
  await create();
  await asOwner("insert into flows values (2, 'of the new version')");
  await create();
  await restore();
  expect(await flows()).toEqual(["first"]);
  // The answer got lost, and it is asked for again.
  await asOwner("insert into flows values (3, 'of the former version')");
  expect(await restore()).toEqual({ setAside: "user1_n8n.set-aside" });
  expect(await flows()).toEqual(["first", "of the former version"]);
});

test("another upgrade's is not put back", async () => {
  await create();
  await expect(restore("another")).rejects.toMatchObject({ code: "not-found" });
  await remove();
  await expect(restore()).rejects.toMatchObject({ code: "not-found" });
  expect(await flows()).toEqual(["first"]);
});

test("a copy that was interrupted before it was whole is made anew", async () => {
  await postgres.asSuperuser(async (client) => {
    await client.query(`create database "${checkpointName(database)}" allow_connections false`);
  });
  await create();
  await asOwner("delete from flows");
  await restore();
  expect(await flows()).toEqual(["first"]);
});

test("nobody gets into a copy or what was set aside, and nobody else into what came back", async () => {
  await create();
  const attempts = (name: string) =>
    Promise.all([
      postgres.login(loginOfNeed(own, { from, database: name })),
      postgres.login(loginOfNeed(other, { from, database: name })),
      postgres.login(postgres.superuser({ database: name })),
    ]);
  for (const answer of await attempts(checkpointName(database))) expect(answer).toContain("not currently accepting");
  await restore();
  for (const answer of await attempts(setAsideName(database))) expect(answer).toContain("not currently accepting");
  expect(await postgres.login(loginOfNeed(own, { from }))).toBe("connected");
  expect(await postgres.login(loginOfNeed(other, { from, database }))).toContain("permission denied");
});

test("grants, limit, comment and settings are as before", async () => {
  await postgres.asSuperuser(async (client) => {
    await client.query("alter database user1_n8n connection limit 7");
    await client.query("comment on database user1_n8n is 'what''s this'");
    await client.query("grant connect on database user1_n8n to user2_n8n with grant option");
    await client.query(`alter database user1_n8n set search_path = '$user', extra, public`);
    await client.query("alter role user1_n8n in database user1_n8n set work_mem = '7MB'");
  });
  const state = () =>
    postgres.asSuperuser(async (client) => {
      const { rows } = await client.query(
        `select datconnlimit, shobj_description(oid, 'pg_database') as comment, pg_get_userbyid(datdba) as owner,
          array(select a::text from unnest(datacl) a order by 1) as acl,
          array(select setrole::regrole || setconfig::text from pg_db_role_setting where setdatabase = d.oid order by 1) as settings
        from pg_database d where datname = 'user1_n8n'`,
      );
      return rows;
    });
  const before = await state();
  await create();
  await restore();
  expect(await state()).toEqual(before);
});

test("clients that connect again and again hold up neither the copy nor its return", async () => {
  let written = 0;
  const stop = new AbortController();
  const writer = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await postgres.as(loginOfNeed(own, { from }), async (client) => {
          for (;;) {
            await client.query("insert into flows values ((select max(id) + 1 from flows), 'written')");
            written += 1;
            if (stop.signal.aborted) return;
          }
        });
      } catch {
        // Its session was ended: it is back at once.
      }
    }
  };
  const writers = [writer(), writer(), writer()];
  await create();
  const copied = written;
  await restore();
  stop.abort();
  await Promise.all(writers);
  expect(copied).toBeGreaterThan(0);
  expect((await flows()).length).toBeGreaterThan(0);
  expect(await databases()).toEqual(["user1_n8n", "user1_n8n.set-aside"]);
});

test.each([0, 5, 20, 60, 150, 400])("killed after %d ms, both are done as a whole by the next call", async (after) => {
  const killed = async (work: () => Promise<unknown>): Promise<void> => {
    const interrupted = work().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, after));
    await postgres.asSuperuser((client) =>
      client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres' and pid <> pg_backend_pid() and backend_type = 'client backend'",
      ),
    );
    await interrupted;
  };
  await killed(create);
  await create();
  await asOwner("insert into flows values (2, 'of the new version')");
  await killed(restore);
  await restore();
  expect(await flows()).toEqual(["first"]);
  expect(await databases()).toEqual(["user1_n8n", "user1_n8n.set-aside"]);
  await killed(remove);
  await remove();
  expect(await flows()).toEqual(["first"]);
});

test("removing a database takes its copy and what was set aside along", async () => {
  await create();
  await restore();
  await create("another");
  await postgres.drop(own);
  expect(await databases()).toEqual([]);
});

test("what an earlier upgrade left goes before anything is stopped", async () => {
  await create("earlier");
  await restore("earlier");
  await create("earlier");
  await during((context) => prepareCheckpoint({ upgrade, database }, context));
  expect(await databases()).toEqual(["user1_n8n"]);
  await create();
  await during((context) => prepareCheckpoint({ upgrade, database }, context));
  expect(await databases()).toEqual(["user1_n8n", "user1_n8n.checkpoint"]);
});

test("a disk that a copy would fill is not filled", async () => {
  const space = await postgres.asSuperuser((client) => availableBytes(client));
  if (space === null) throw new Error("df did not tell");
  expect(space).toBeGreaterThan(1_000_000);
  await postgres.asSuperuser(async (client) => {
    await requireRoom(client, { database, bytes: 1_000_000 });
    await expect(requireRoom(client, { database, bytes: space })).rejects.toMatchObject({ code: "disk.full" });
  });
});

test("long names stay apart, within what PostgreSQL allows", async () => {
  const [one, two] = ["a", "b"].map((last) => `${"n".repeat(62)}${last}`);
  const names = [one, two].flatMap((name = "") => [checkpointName(name), setAsideName(name)]);
  expect(new Set(names).size).toBe(4);
  for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
});
