/** What stores say that they hold: a real PostgreSQL, and the lab's stand-ins for the others. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { StoreAdmin } from "./minio-admin.ts";
import { openClient as openBuckets } from "./minio-client.ts";
import { ensureBuckets } from "./minio-ensure.ts";
import { readBucketCounts } from "./minio-usage.ts";
import { readDatabaseFacts, readRowCounts } from "./postgres-usage.ts";
import { ensureCollections } from "./qdrant-ensure.ts";
import { readPoints } from "./qdrant-usage.ts";
import { needOf as bucketsNeed, secretOf, startTestStore, type TestStore } from "./testing/object-store.ts";
import { databaseNeed, loginOfNeed, TestPostgres } from "./testing/postgres.ts";
import { clientOf, needOf as collectionsNeed, startTestQdrant, type TestQdrant } from "./testing/qdrant.ts";

let postgres: TestPostgres;
let objects: TestStore;
let qdrant: TestQdrant;
beforeAll(async () => {
  postgres = await TestPostgres.start();
  objects = await startTestStore();
  qdrant = await startTestQdrant();
});
afterAll(async () => {
  await postgres?.remove();
  await objects?.stop();
  await qdrant?.stop();
});

const mebibyte = 1024 ** 2;

test("sizes of databases and who is connected, as PostgreSQL itself tells them", async () => {
  const [need, other] = [databaseNeed("user1"), databaseNeed("user2")];
  for (const one of [need, other]) await postgres.ensure(one);
  const read = () =>
    postgres.servers.withClient(postgres.server, (client) =>
      readDatabaseFacts(client, [need.database, other.database, "missing"]),
    );
  const before = await read();
  expect([...before.keys()].toSorted()).toEqual(["user1_n8n", "user2_n8n"]);
  await postgres.as(loginOfNeed(need, { from: "127.0.0.2" }), async (client) => {
    await client.query("create table rows (text text)");
    await client.query("insert into rows select md5(n::text) from generate_series(1, 50000) n");
    const grown = (await read()).get(need.database);
    expect(grown?.connections).toBe(1);
    expect(grown?.bytes).toBeGreaterThan((before.get(need.database)?.bytes ?? 0) + 2 * mebibyte);
  });
  expect((await read()).get(other.database)).toEqual(before.get(other.database));
});

test("rows of tables by the server's own count, in the database that they are in", async () => {
  const need = databaseNeed("user1");
  await postgres.ensure(need);
  await postgres.as(loginOfNeed(need, { from: "127.0.0.2" }), async (client) => {
    await client.query("create table execution_entity (id int)");
    await client.query("insert into execution_entity select generate_series(1, 30)");
    await client.query("delete from execution_entity where id > 25");
  });
  const count = async () => {
    let found: Record<string, number> = {};
    await postgres.servers.withDatabase(postgres.server, need.database, async (client) => {
      found = await readRowCounts(client, ["execution_entity", "missing"]);
    });
    return found;
  };
  // A session hands its counts over when it is idle, or ends.
  await expect.poll(count, { timeout: 10_000 }).toEqual({ execution_entity: 25 });
});

test("the session that looked may write again, and while it looks it may read no row", async () => {
  await postgres.ensure(databaseNeed("user1"));
  await postgres.servers.withClient(postgres.server, async (client) => {
    await readDatabaseFacts(client, ["user1_n8n"]);
    const { rows } = await client.query(
      "select current_user::text as name, current_setting('transaction_read_only') as read",
    );
    expect(rows).toEqual([{ name: "postgres", read: "off" }]);
    await client.query("create table kept (secret text)");
    await client.query("begin read only");
    await client.query("set local role pg_monitor");
    await expect(client.query("select * from kept")).rejects.toThrow("permission denied for table kept");
    await client.query("rollback");
  });
});

test("points of collections", async () => {
  const need = collectionsNeed("user1-flowise");
  await ensureCollections(need, { server: qdrant.server, log: () => undefined });
  const [first, second] = need.collections.map(({ name }) => name);
  await clientOf(need, qdrant.server).upsert(first ?? "", {
    wait: true,
    points: [1, 2, 3].map((id) => ({ id, vector: [id, 1] })),
  });
  expect(await readPoints(qdrant.server, [first ?? "", second ?? "", "missing"])).toEqual(
    new Map([
      [first, 3],
      [second, 0],
    ]),
  );
});

test("objects of buckets; of one that came after the last count it says that it was not counted", async () => {
  const need = bucketsNeed("user1");
  await ensureBuckets(need, { store: objects.store, secretKey: secretOf("user1"), log: () => undefined });
  const client = openBuckets(objects.store);
  for (const name of ["one", "two"]) await client.putObject("user1-uploads", name, Buffer.alloc(1000));
  const counts = await readBucketCounts(objects.store, ["user1-uploads", "user1-backups", "missing"]);
  expect([...counts.keys()]).toEqual(["user1-uploads", "user1-backups"]);
  expect(counts.get("user1-uploads")).toMatchObject({ bytes: 2000, objects: 2, countedAt: expect.any(String) });
  expect(counts.get("user1-backups")).toMatchObject({ bytes: 0, objects: 0 });
  expect((await new StoreAdmin(objects.store).counts()).counts.has("missing")).toBe(false);
});
