/** From where a real PostgreSQL lets roles in once Berth has written its rules, whatever becomes of the writing. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ensureAccess, observeAccess } from "./postgres-access.ts";
import { databaseNeed, loginOfNeed, TestPostgres } from "./testing/postgres.ts";

let postgres: TestPostgres;
const controller = "127.0.0.9";
const serverAddress = "127.0.0.5";
const first = databaseNeed("user1", { clientAddress: "127.0.0.2" });
const second = databaseNeed("user2", { clientAddress: "127.0.0.3" });
const shared = databaseNeed("shared", { clientAddress: serverAddress });
const needs = [first, second, shared];
const rejected = expect.stringContaining("pg_hba.conf rejects connection");

/** As the image has them at first: whoever comes from the machine itself needs no password. */
const imageRules = "local all all trust\nhost all all 127.0.0.1/32 trust\nhost all all all scram-sha-256\n";

beforeAll(async () => {
  postgres = await TestPostgres.start();
  for (const need of needs) await postgres.ensure(need);
});
beforeEach(async () => {
  await writeFile(rules(), imageRules);
  await postgres.asSuperuser((client) => client.query("select pg_reload_conf()"), { from: "127.0.0.1" });
});
afterAll(() => postgres.remove());

async function ensure(
  wanted: readonly DatabaseNeed[] = needs,
  change: (client: Client) => Client = (client) => client,
) {
  return postgres.asSuperuser((client) =>
    ensureAccess(wanted, {
      client: change(client),
      serverAddress,
      dataDirectory: postgres.dataDirectory,
      connectAgain: () => postgres.asSuperuser(async () => undefined),
      log: () => undefined,
    }),
  );
}

function observe(wanted: readonly DatabaseNeed[] = needs) {
  return postgres.asSuperuser((client) =>
    observeAccess(client, wanted, { serverAddress, dataDirectory: postgres.dataDirectory }),
  );
}

function rules(): string {
  return join(postgres.dataDirectory, "pg_hba.conf");
}

const login = (need: DatabaseNeed, from: string) => postgres.login(loginOfNeed(need, { from }));
const superuserFrom = (from: string) => postgres.login(postgres.superuser({ from }));

test("each role comes in from its node alone, the superuser from the controller and the machine itself", async () => {
  expect(await observe()).toEqual(new Map([["user1_n8n", ["pg_hba.conf lets others in"]]]));
  expect(await ensure()).toEqual({ changed: true, skipped: null });
  expect(await login(first, "127.0.0.2")).toBe("connected");
  expect(await login(first, "127.0.0.3")).toEqual(rejected);
  expect(await login(second, "127.0.0.3")).toBe("connected");
  expect(await login(second, "127.0.0.2")).toEqual(rejected);
  // An instance on the server's own node comes in as Docker masquerades it: from the server's own network.
  expect(await login(shared, "127.0.0.5")).toBe("connected");
  expect(await login(shared, "127.0.0.77")).toBe("connected");
  expect(await superuserFrom(controller)).toBe("connected");
  expect(await superuserFrom("127.0.0.1")).toBe("connected");
  expect(await superuserFrom("127.0.0.2")).toEqual(rejected);
});

test("nobody gets into another's database, nor in without a password from the machine itself", async () => {
  await ensure();
  expect(await postgres.login(loginOfNeed(first, { from: "127.0.0.2", database: "user2_n8n" }))).toEqual(rejected);
  expect(await postgres.login(loginOfNeed(first, { from: "127.0.0.3", database: "user2_n8n" }))).toContain(
    "pg_hba.conf rejects connection",
  );
  expect(await postgres.login(postgres.superuser({ from: "127.0.0.1", password: "wrong" }))).toContain(
    "password authentication failed",
  );
});

test("every login of a rotated password comes in by the same rule, without another", async () => {
  await ensure();
  const rotated = { ...first, login: "user1_n8n.v2" };
  await postgres.ensure(rotated);
  expect(await ensure([rotated, second, shared])).toEqual({ changed: false, skipped: null });
  expect(await login(rotated, "127.0.0.2")).toBe("connected");
  expect(await login(rotated, "127.0.0.3")).toEqual(rejected);
});

test("a second time nothing is done, a role that is gone or another address is followed", async () => {
  await ensure();
  expect(await ensure()).toEqual({ changed: false, skipped: null });
  expect(await observe()).toEqual(new Map());
  expect(await observe([first, shared])).toEqual(
    new Map([["user1_n8n", ["pg_hba.conf differs from what Berth wrote"]]]),
  );
  const moved = { ...first, clientAddress: "127.0.0.4" };
  expect(await observe([moved, shared])).toEqual(
    new Map([["user1_n8n", ["pg_hba.conf does not let 'user1_n8n' in from 127.0.0.4"]]]),
  );
  await ensure([moved, shared]);
  expect(await readFile(rules(), "utf8")).not.toContain("user2");
  expect(await login(first, "127.0.0.2")).toEqual(rejected);
  expect(await login(first, "127.0.0.4")).toBe("connected");
  expect(await login(second, "127.0.0.3")).toEqual(rejected);
});

test("lines of a user's own stay, above the block in force and below it not", async () => {
  await ensure();
  const text = await readFile(rules(), "utf8");
  const own = "# mine\nhost user2_n8n user2_n8n 127.0.0.4/32 scram-sha-256\n";
  await writeFile(rules(), `${own}${text}host all all 127.0.0.6/32 trust\n`);
  expect(await observe()).toEqual(new Map([["user1_n8n", ["pg_hba.conf is not in force yet"]]]));
  await ensure();
  expect(await login(second, "127.0.0.4")).toBe("connected");
  expect(await login(second, "127.0.0.6")).toEqual(rejected);
  await ensure([first, shared]);
  const after = await readFile(rules(), "utf8");
  expect(after.startsWith(`${own}# BEGIN berth\n`)).toBe(true);
  expect(after.endsWith("host all all 127.0.0.6/32 trust\n")).toBe(true);
});

test.each([
  ["a line that does not read", "host nonsense\n", "line 1 is wrong: end-of-line before role specification"],
  ["a line that shuts the controller out", "host all all 127.0.0.8/30 reject\n", "line 1 may shut the controller out"],
])("%s is told, the file put back and not loaded", async (_, own, why) => {
  await ensure();
  const text = `${own}${await readFile(rules(), "utf8")}`;
  await writeFile(rules(), text);
  await expect(ensure([first])).rejects.toThrow(why);
  expect(await readFile(rules(), "utf8")).toBe(text);
  expect(await superuserFrom(controller)).toBe("connected");
});

test("rules that keep the controller out after all are put back", async () => {
  const before = await readFile(rules(), "utf8");
  const attempt = postgres.asSuperuser((client) =>
    ensureAccess(needs, {
      client,
      serverAddress,
      dataDirectory: postgres.dataDirectory,
      connectAgain: () => Promise.reject(new Error("pg_hba.conf rejects connection")),
      log: () => undefined,
    }),
  );
  await expect(attempt).rejects.toThrow("stay as they had been: pg_hba.conf rejects connection");
  expect(await readFile(rules(), "utf8")).toBe(before);
  expect(await login(first, "127.0.0.3")).toBe("connected");
});

test("a server that somebody else set up is left alone, and told so", async () => {
  const before = await readFile(rules(), "utf8");
  const answer = await postgres.asSuperuser((client) =>
    ensureAccess(needs, {
      client,
      serverAddress,
      dataDirectory: "/var/lib/postgresql/data",
      connectAgain: () => Promise.resolve(),
      log: () => undefined,
    }),
  );
  expect(answer).toEqual({ changed: false, skipped: expect.stringContaining("was not set up by Berth") });
  expect(await readFile(rules(), "utf8")).toBe(before);
});

test("interrupted after any statement, the controller comes in, the server starts, and the next time completes", async () => {
  const before = await readFile(rules(), "utf8");
  let completed = false;
  for (let statements = 1; !completed; statements += 1) {
    expect(statements).toBeLessThan(40);
    await writeFile(rules(), before);
    await postgres.asSuperuser((client) => client.query("select pg_reload_conf()"));
    completed = await ensure(needs, (client) => brokenAfter(client, statements)).then(
      () => true,
      () => false,
    );
    expect(await superuserFrom(controller)).toBe("connected");
    if (statements % 4 === 0) {
      await postgres.end("immediate");
      await postgres.run();
    }
    await ensure();
    expect(await observe()).toEqual(new Map());
    expect(await login(first, "127.0.0.3")).toEqual(rejected);
  }
});

/** Its connection breaks when it has been asked so many times, as it does when the controller is killed. */
function brokenAfter(client: Client, statements: number): Client {
  let asked = 0;
  const query = client.query.bind(client);
  return Object.assign(client, {
    query: async (...parameters: [string, unknown[]?]) => {
      asked += 1;
      if (asked > statements) {
        client.connection.stream.destroy();
        throw new Error("The controller was killed");
      }
      return query(...parameters);
    },
  });
}
