/** Against a real PostgreSQL: what Berth makes is what its tenants can and cannot do. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { execa } from "execa";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ensureDatabase, removeDatabase } from "./postgres-ensure.ts";
import { observeDatabases } from "./postgres-observe.ts";
import { PostgresServers, type PostgresServer } from "./postgres-servers.ts";

const superuserPassword = "superuser-of-the-test";
const servers = new PostgresServers();
let server: PostgresServer;
let directory: string;
let postgres: ChildProcess | undefined;

const needs = ["user1", "user2"].map((tenant): DatabaseNeed => ({
  server: "shared-postgres",
  instance: `${tenant}-n8n`,
  database: `${tenant}_n8n`,
  role: `${tenant}_n8n`,
  extensions: [],
  clientAddress: "127.0.0.1",
}));
const [first, second] = needs as [DatabaseNeed, DatabaseNeed];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-postgres-"));
  const [version] = await readdir("/usr/lib/postgresql");
  const binaries = `/usr/lib/postgresql/${version}/bin`;
  const asPostgres = ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];
  const passwordFile = join(directory, "password");
  await writeFile(passwordFile, superuserPassword);
  await execa("chown", ["-R", "postgres", directory]);
  const data = join(directory, "data");
  const initdb = [
    join(binaries, "initdb"),
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--no-sync",
  ];
  await execa("setpriv", [...asPostgres, ...initdb], { cwd: "/" });
  const port = await freePort();
  const options = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", directory];
  postgres = spawn("setpriv", [...asPostgres, join(binaries, "postgres"), ...options], { cwd: "/", stdio: "ignore" });
  server = { address: "127.0.0.1", port, password: superuserPassword };
  await vi.waitFor(
    async () => expect(await login("postgres", "postgres", superuserPassword)).toBe("connected"),
    20_000,
  );
});

afterAll(async () => {
  await servers.close();
  if (postgres?.kill("SIGINT") === true) await once(postgres, "exit");
  await rm(directory, { recursive: true, force: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** "connected", or what the server said. */
async function login(user: string, database: string, password: string): Promise<string> {
  const client = new Client({ host: "127.0.0.1", port: server.port, user, database, password });
  try {
    await client.connect();
    return "connected";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.end();
  }
}

function ensure(need: DatabaseNeed, password = passwordOf(need)): Promise<{ created: boolean }> {
  return servers.withClient(server, (client) =>
    ensureDatabase(need, {
      client,
      password,
      log: () => undefined,
      withDatabase: (database, work) => servers.withDatabase(server, database, work),
    }),
  );
}

function passwordOf(need: DatabaseNeed): string {
  return `password of ${need.role}`;
}

function observe() {
  return servers.withClient(server, (client) => observeDatabases(client, needs, passwordOf));
}

test("many at once, and again: each is made once and nothing is left to do", async () => {
  expect((await observe()).get("user1_n8n")).toMatchObject({ exists: false });
  const results = await Promise.all([...needs, ...needs].map((need) => ensure(need)));
  expect(results.filter(({ created }) => created)).toHaveLength(2);
  expect([...(await observe()).values()]).toEqual([
    { exists: true, differences: [] },
    { exists: true, differences: [] },
  ]);
});

test("a tenant's role owns its own database and gets into no other", async () => {
  await Promise.all(needs.map((need) => ensure(need)));
  expect(await login("user1_n8n", "user1_n8n", passwordOf(first))).toBe("connected");
  expect(await login("user1_n8n", "user1_n8n", "wrong")).toContain("password authentication failed");
  for (const foreign of ["user2_n8n", "postgres", "template1"]) {
    expect(await login("user1_n8n", foreign, passwordOf(first))).toContain("permission denied for database");
  }
  const client = new Client({
    host: "127.0.0.1",
    port: server.port,
    user: "user1_n8n",
    database: "user1_n8n",
    password: passwordOf(first),
  });
  await client.connect();
  try {
    await client.query("create table mine (id int)");
    await expect(client.query("create database mine")).rejects.toThrow("permission denied");
    await expect(client.query("create role mine")).rejects.toThrow("permission denied");
    await expect(client.query("drop database user2_n8n")).rejects.toThrow("must be owner");
    await expect(client.query("copy (select 1) to program 'id'")).rejects.toThrow("pg_execute_server_program");
    await expect(client.query("select rolpassword from pg_authid")).rejects.toThrow("permission denied");
  } finally {
    await client.end();
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
  ["another password", "alter role user1_n8n password 'other'", ["role 'user1_n8n' has another password"]],
  ["no login", "alter role user1_n8n nologin", ["role 'user1_n8n' may not log in"]],
  ["another owner", "alter database user1_n8n owner to postgres", ["owned by 'postgres', not by 'user1_n8n'"]],
])("tampering is seen and mended: %s", async (_, statement, differences) => {
  await ensure(first);
  await servers.withClient(server, (client) => client.query(statement));
  expect((await observe()).get("user1_n8n")).toEqual({ exists: true, differences });
  expect(await ensure(first)).toEqual({ created: false });
  expect((await observe()).get("user1_n8n")).toEqual({ exists: true, differences: [] });
});

test("removing takes the database and its role, and nothing else", async () => {
  await Promise.all(needs.map((need) => ensure(need)));
  const remove = () => servers.withClient(server, (client) => removeDatabase(client, first));
  expect(await remove()).toEqual({ removed: true });
  expect(await remove()).toEqual({ removed: false });
  expect(await login("user1_n8n", "user1_n8n", passwordOf(first))).toContain("password authentication failed");
  expect((await observe()).get("user2_n8n")).toEqual({ exists: true, differences: [] });
  expect(second.database).toBe("user2_n8n");
});

test("a server that is away is told in one sentence, without the password", async () => {
  const away = { ...server, port: await freePort() };
  await expect(servers.withClient(away, () => Promise.resolve())).rejects.toThrow(
    `PostgreSQL at 127.0.0.1:${away.port} answered: connect ECONNREFUSED 127.0.0.1:${away.port}`,
  );
});
