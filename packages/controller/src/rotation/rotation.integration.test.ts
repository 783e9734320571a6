/** Rotations on a real PostgreSQL while somebody uses it all the time: at no moment does neither the old nor the new work. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Run } from "@berth/shared/api/runs";
import { catalog } from "@berth/shared/catalog/index";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { createFleetStore, type FleetStore } from "../apply/fleet-store.ts";
import { recordFleet } from "../apply/record.ts";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { databaseStore, type DatabaseStore } from "../needs/postgres-store.ts";
import { PostgresServers } from "../needs/postgres-servers.ts";
import { TestPostgres } from "../needs/testing/postgres.ts";
import { resolveInstanceSecrets } from "../operations/resolve-secrets.ts";
import { desiredState, type Desired } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import { createRunner, type Runner } from "../runs/runner.ts";
import { handlersWith } from "../runs/test-plans.ts";
import { openSecrets, type Secrets } from "../secrets/open.ts";
import { followRotations, type RotationsFollower } from "./follow.ts";
import { createLoginRetirement } from "./retire-left-logins.ts";
import { createRotation, type Rotation } from "./rotation.ts";

const yaml = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
const superuser = "shared-postgres/superuserPassword";
const directory = mkdtempSync(join(tmpdir(), "berth-rotation-"));
const servers = new PostgresServers();
let postgres: TestPostgres;
let inventory: Inventory;
let store: FleetStore;
let secrets: Secrets;
let databases: DatabaseStore;
let runner: Runner;
let rotation: Rotation;
let follower: RotationsFollower;
/** What the instance that runs was started with, as its node has it. */
let running: Started = { environment: {}, hash: "" };
let isHealthy = true;
/** What its former self is still doing: an instance that was replaced uses nothing any more. */
let lastUse: Promise<unknown> = Promise.resolve();
const failures: unknown[] = [];

interface Started {
  environment: Record<string, string>;
  /** Of its specification. */
  hash: string;
}

beforeAll(async () => {
  postgres = await TestPostgres.start();
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  store = createFleetStore(inventory.database, catalog);
  secrets = await openSecrets({ inventory, key: randomBytes(32) });
  const fleet = store.parse(yaml, "fleet.yaml");
  for (const need of desired(fleet).secrets) if ("generated" in need) await secrets.ensure(need.name, need.generated);
  await postgres.asSuperuser((client) =>
    client.query(`alter role postgres password '${secrets.reveal(superuser).reveal()}'`),
  );
  databases = databaseStore({
    postgres: servers,
    catalogOf: () => catalog,
    locate: () => ({ address: "127.0.0.1", port: postgres.server.port }),
    reveal: (name) => secrets.reveal(name).reveal(),
    peek: (name) => (secrets.version(name) === null ? undefined : secrets.reveal(name).reveal()),
    earlier: (name) => secrets.earlier(name).map((secret) => secret.reveal()),
    databaseNeeds: (of) => databasesOf(desired(of)),
  });
  runner = createRunner({ inventory, handlers: handlers(), log: { error: () => undefined }, retry: { attempts: 1 } });
  rotation = createRotation({
    inventory,
    store,
    secrets,
    desired,
    startRun: (run) => runner.start(run),
    exclusively: (work) => work(),
  });
  const retireLeftLogins = createLoginRetirement({
    inventory,
    store,
    desired,
    exclusively: (work) => work(),
    observedHash: async () => running.hash,
    retire: databases.retire,
  });
  const onFailure = (error: unknown) => void failures.push(error);
  follower = await followRotations(rotation, { runner, retireLeftLogins, onFailure });
  const record = { file: "fleet.yaml", yaml, account: "anna", fleet, desired: desired(fleet) };
  await inventory.database.transaction().execute((transaction) => recordFleet(transaction, record));
  for (const need of databasesOf(record.desired)) await databases.ensure(fleet, need, { log: () => undefined });
  for (const { spec } of record.desired.instances) if (spec.instance === "user1-n8n") running = started(spec);
});

afterAll(async () => {
  await runner.close();
  await follower.close();
  await inventory.close();
  await servers.close();
  await postgres.remove();
  rmSync(directory, { recursive: true });
});

function databasesOf({ needs }: Desired): DatabaseNeed[] {
  return needs.flatMap((need) => (need.kind === "database.ensure" ? [need.input] : []));
}

function desired(fleet: Fleet, versions: ReadonlyMap<string, number> = new Map()): Desired {
  const secretVersion = (name: string) => versions.get(name) ?? secrets.version(name) ?? 1;
  return desiredState(fleet, { ...desiredOptions, secretVersion });
}

function started(spec: Parameters<typeof resolveInstanceSecrets>[0]): Started {
  const resolved = resolveInstanceSecrets(spec, ({ name, version }) => secrets.reveal(name, version).reveal());
  return { environment: resolved.containers[0]?.env ?? {}, hash: spec.hash };
}

function handlers() {
  return {
    ...handlersWith(() => Promise.reject(new Error("no image is expected"))),
    "secrets.rotate": async ({ input }: { input: { secrets: { name: string; version: number }[] } }) => {
      for (const to of input.secrets) await secrets.rotateTo(to);
      return { versions: input.secrets.length };
    },
    "database.ensure": async ({ input }: { input: DatabaseNeed }) =>
      databases.ensure(await store.require(), input, { log: () => undefined }),
    // As an agent does: what does not become healthy is taken down, and what ran before runs on.
    "instance.ensure": async ({ input }: { input: Parameters<typeof started>[0] }) => {
      const next = started(input);
      const answer = await useDatabase(next);
      if (!isHealthy || answer !== "connected")
        throw new BerthError("instance.unhealthy", `it is not healthy: ${answer}`);
      running = next;
      await lastUse;
      return { changed: true, containerIds: [] };
    },
    "logins.retire": async ({ input }: { input: DatabaseNeed }) => databases.retire(await store.require(), input),
    "superuser.ensure": async ({ input }: { input: { server: string } }) =>
      databases.ensureSuperuser(await store.require(), input.server),
  };
}

/** What the instance that runs gets when it connects. */
function useDatabase({ environment } = running): Promise<string> {
  const { DB_POSTGRESDB_USER: user = "", DB_POSTGRESDB_PASSWORD: password = "" } = environment;
  return postgres.login({ user, password, database: "user1_n8n", from: "127.0.0.2" });
}

/** Does `use` over and over while `work` is under way; every answer but the good one. */
async function whileUsing(use: () => Promise<string>, work: () => Promise<Run>): Promise<{ run: Run; bad: string[] }> {
  const bad: string[] = [];
  const done = new AbortController();
  const using = (async () => {
    while (!done.signal.aborted) {
      const answering = use();
      lastUse = answering;
      const answer = await answering;
      if (answer !== "connected") bad.push(answer);
    }
  })();
  const run = await work();
  await follower.settled();
  done.abort();
  await using;
  return { run, bad };
}

async function rolesOfInstance(): Promise<string[]> {
  const { rows } = await postgres.asSuperuser(
    (client) =>
      client.query<{ name: string }>("select rolname::text as name from pg_roles where rolname ~ '^user1_n8n'"),
    { password: secrets.reveal(superuser).reveal() },
  );
  return rows.map(({ name }) => name).toSorted();
}

async function rotate(target: string): Promise<Run> {
  const { run } = await rotation.rotate(target, "anna");
  return runner.wait(run?.id ?? 0);
}

test("the instance's login works at every moment, however often it is rotated", async () => {
  const users = new Set<string | undefined>();
  for (let turn = 0; turn < 3; turn += 1) {
    const { run, bad } = await whileUsing(useDatabase, () => rotate("user1-n8n"));
    expect([run.state, bad]).toEqual(["succeeded", []]);
    users.add(running.environment["DB_POSTGRESDB_USER"]);
  }
  expect([...users]).toEqual(["user1_n8n.v2", "user1_n8n.v3", "user1_n8n.v4"]);
  const seen = await databases.observe(
    await store.require(),
    "shared-postgres",
    databasesOf(desired(await store.require())),
  );
  expect([...seen.values()].every(({ exists, differences }) => exists && differences.length === 0)).toBe(true);
});

test("and when the new instance does not become healthy, with what it had; the next rotation succeeds", async () => {
  const before = running;
  isHealthy = false;
  const { run, bad } = await whileUsing(useDatabase, () => rotate("user1-n8n/database"));
  isHealthy = true;
  expect([run.state, bad, running, failures]).toEqual(["failed", [], before, []]);
  expect(secrets.version("user1-n8n/database")).toBe(4);
  expect(await rolesOfInstance()).toEqual(["user1_n8n", "user1_n8n.v4"]);
  const again = await whileUsing(useDatabase, () => rotate("user1-n8n/database"));
  expect([again.run.state, again.bad]).toEqual(["succeeded", []]);
  expect(await rolesOfInstance()).toEqual(["user1_n8n", "user1_n8n.v6"]);
});

test("the controller gets in at every moment of the superuser's rotation, and nobody's session ends", async () => {
  const fleet = await store.require();
  const look = () =>
    databases.observe(fleet, "shared-postgres", databasesOf(desired(fleet))).then(() => "connected", String);
  const session = await postgres.connect({
    user: running.environment["DB_POSTGRESDB_USER"] ?? "",
    password: running.environment["DB_POSTGRESDB_PASSWORD"] ?? "",
    database: "user1_n8n",
    from: "127.0.0.2",
  });
  const former = secrets.reveal(superuser).reveal();
  const { run, bad } = await whileUsing(look, () => rotate("shared-postgres"));
  expect([run.state, bad]).toEqual(["succeeded", []]);
  expect((await session.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await session.end();
  const login = (password: string) => postgres.login(postgres.superuser({ password, from: "127.0.0.2" }));
  expect(await login(secrets.reveal(superuser).reveal())).toBe("connected");
  expect(await login(former)).toContain("password authentication failed");
});
