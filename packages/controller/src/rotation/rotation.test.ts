/** Rotations carried out by a real runner on a real inventory; only what lies outside the controller is left out. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Run } from "@berth/shared/api/runs";
import { catalog } from "@berth/shared/catalog/index";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import { createFleetStore, type FleetStore } from "../apply/fleet-store.ts";
import { recordFleet } from "../apply/record.ts";
import type { Inventory } from "../inventory/database.ts";
import { listEvents } from "../inventory/events.ts";
import { getInstance } from "../inventory/instances.ts";
import { openInventory } from "../inventory/open.ts";
import { desiredState, type Desired } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import type { OperationHandlers } from "../runs/handlers.ts";
import { createRunner, type Runner } from "../runs/runner.ts";
import { handlersWith } from "../runs/test-plans.ts";
import { openSecrets, type Secrets } from "../secrets/open.ts";
import { followRotations, type RotationsFollower } from "./follow.ts";
import { createRotation, type Rotation } from "./rotation.ts";

const key = randomBytes(32);
const yaml = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
let directory: string;
let inventory: Inventory;
let store: FleetStore;
let secrets: Secrets;
let runner: Runner;
let rotation: Rotation;
let follower: RotationsFollower;
/** Kinds that were carried out, with the version that the secret had then. */
let done: string[];
let failing: string | null;
/** The node does not answer: its operations wait until they are told to stop. */
let isAway: boolean;
/** Runs after which logins were looked for that are left. */
let lookedAfter: number[];
const failures: unknown[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-rotation-"));
  [done, failing, isAway, lookedAfter] = [[], null, false, []];
  await start();
  const fleet = store.parse(yaml, "fleet.yaml");
  const record = { file: "fleet.yaml", yaml, account: "anna", fleet, desired: desired(fleet) };
  for (const need of record.desired.secrets) if ("generated" in need) await secrets.ensure(need.name, need.generated);
  await inventory.database.transaction().execute((transaction) => recordFleet(transaction, record));
});
afterEach(async () => {
  await stop();
  rmSync(directory, { recursive: true });
  expect(failures.splice(0)).toEqual([]);
});

async function start(): Promise<void> {
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  store = createFleetStore(inventory.database, catalog);
  secrets = await openSecrets({ inventory, key });
  runner = createRunner({
    inventory,
    handlers: handlers(),
    log: { error: (fields) => void failures.push(fields) },
    retry: { attempts: 1, patientAttempts: 1, minMilliseconds: 1 },
  });
  rotation = createRotation({
    inventory,
    store,
    secrets,
    desired,
    startRun: (run) => runner.start(run),
    exclusively: (work) => work(),
  });
  follower = await followRotations(rotation, {
    runner,
    retireLeftLogins: async (run) => void lookedAfter.push(run),
    onFailure: (error) => void failures.push(error),
  });
}

async function stop(): Promise<void> {
  await runner.close();
  await follower.close();
  await inventory.close();
}

function desired(fleet: Fleet, versions: ReadonlyMap<string, number> = new Map()): Desired {
  const secretVersion = (name: string) => versions.get(name) ?? secrets.version(name) ?? 1;
  return desiredState(fleet, { ...desiredOptions, secretVersion });
}

function handlers(): OperationHandlers {
  const step = (kind: string) => {
    done.push(`${kind} @${secrets.version("user1-n8n/database")}`);
    if (kind === failing) throw new BerthError("instance.unhealthy", `${kind} went wrong`);
  };
  return {
    ...handlersWith(() => Promise.reject(new Error("no image is expected"))),
    "secrets.rotate": async ({ input }) => {
      for (const { name, version, rule } of input.secrets) await secrets.rotateTo({ name, version }, rule);
      step("secrets.rotate");
      return { versions: input.secrets.length };
    },
    "database.ensure": async () => {
      step("database.ensure");
      return { created: false };
    },
    "instance.ensure": async ({ input, signal }) => {
      if (isAway) await once(signal, "abort").then(() => signal.throwIfAborted());
      // As the dispatch does: every reference must have its value.
      for (const [, name = "", version] of JSON.stringify(input).matchAll(/\$\{secret:([^@]+)@(\d+)\}/g))
        secrets.reveal(name, Number(version));
      step("instance.ensure");
      return { changed: true, containerIds: [] };
    },
    "logins.retire": async () => {
      step("logins.retire");
      return { retired: [] };
    },
    "superuser.ensure": async () => {
      step("superuser.ensure");
      return { changed: true };
    },
  };
}

async function rotate(target: string): Promise<Run> {
  const { run } = await rotation.rotate(target, "anna");
  return runner.wait(run?.id ?? 0);
}

const hash = async (name = "user1-n8n") => (await getInstance(inventory.database, name))?.desiredHash;

async function hashOf(name: string): Promise<string | undefined> {
  return desired(await store.require()).instances.find(({ spec }) => spec.instance === name)?.spec.hash;
}

describe("a rotation", () => {
  test("goes from the store by the instance to the end of the old, and is the desired state from then on", async () => {
    const [before, value] = [await hash(), secrets.reveal("user1-n8n/database").reveal()];
    const run = await rotate("user1-n8n/database");
    expect([run.state, run.kind, run.account]).toEqual(["succeeded", "secret.rotate", "anna"]);
    expect(done).toEqual(["secrets.rotate @2", "database.ensure @2", "instance.ensure @2", "logins.retire @2"]);
    expect(secrets.reveal("user1-n8n/database").reveal()).not.toBe(value);
    expect(await hash()).not.toBe(before);
    expect(await hash()).toBe(await hashOf("user1-n8n"));
  });

  test("of an instance takes all that can be rotated in one run, and says what stays and why", async () => {
    const { warnings } = await rotation.plan("user1-n8n");
    expect(warnings).toEqual([
      "user1-n8n/encryptionKey stays as it is: the credentials in its database are encrypted with it",
    ]);
    await rotate("user1-n8n");
    expect(secrets.versions()).toEqual(
      new Map(
        secrets
          .list()
          .map(({ name }) => [name, /^user1-n8n\/(?:database|jwtSecret|ownerPassword)$/.test(name) ? 2 : 1]),
      ),
    );
  });

  test("that is only planned changes nothing", async () => {
    await rotation.plan("user1-n8n/database");
    expect([secrets.version("user1-n8n/database"), await runner.list()]).toEqual([1, []]);
  });

  test.each([
    [
      "user1-n8n/encryptionKey",
      "conflict",
      "user1-n8n/encryptionKey cannot be rotated: the credentials in its database",
    ],
    ["user1-n8n/nothing", "not-found", "There is no secret user1-n8n/nothing"],
    ["user1-n8", "not-found", "There is no instance 'user1-n8' with secrets"],
    ["user1", "request.invalid", "user1 is a tenant: secrets are rotated an instance at a time"],
  ])("of %s is refused: %s", async (target, code, message) => {
    await expect(rotation.rotate(target, "anna")).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(await runner.list()).toEqual([]);
  });
});

describe("an instance that does not get along with its new secrets", () => {
  test.each(["secrets.rotate", "database.ensure", "instance.ensure"])(
    "after %s failed keeps those it had",
    async (kind) => {
      const [before, value] = [await hash(), secrets.reveal("user1-n8n/database").reveal()];
      failing = kind;
      const run = await rotate("user1-n8n");
      expect(run.state).toBe("failed");
      await vi.waitFor(async () => expect((await listEvents(inventory.database))[0]?.kind).toBe("secret.taken-back"));
      expect(secrets.reveal("user1-n8n/database").reveal()).toBe(value);
      expect([secrets.version("user1-n8n/jwtSecret"), await hash()]).toEqual([1, before]);
      expect(await hash()).toBe(await hashOf("user1-n8n"));

      failing = null;
      expect((await rotate("user1-n8n")).state).toBe("succeeded");
      expect(secrets.version("user1-n8n/database")).toBe(3);
    },
  );

  test("also when the controller ends before it could be told", async () => {
    const before = await hash();
    runner.events.removeAllListeners("run");
    failing = "instance.ensure";
    await rotate("user1-n8n");
    expect(secrets.version("user1-n8n/database")).toBe(2);
    await stop();
    failing = null;
    await start();
    expect([secrets.version("user1-n8n/database"), await hash()]).toEqual([1, before]);
  });

  test.each([
    ["user1-n8n/database", "berth secret rotate user1-n8n/database"],
    ["user1-n8n", "berth secret rotate user1-n8n"],
  ])("of %s is not brought to them by carrying on with the run: `%s` begins anew", async (target, command) => {
    failing = "instance.ensure";
    const run = await rotate(target);
    expect(run.restartWith).toBe(command);
    const refusal = {
      code: "conflict",
      message: `Run ${run.id} cannot be carried on: the new secrets that it made are taken back`,
      hint: `\`${command}\` begins anew.`,
    };
    // Also before they are taken back.
    await expect(runner.resume(run.id)).rejects.toMatchObject(refusal);
    expect(run.steps.find(({ state }) => state === "failed")?.error?.hint).toContain(`'${command}' begins anew`);
    await follower.settled();
    await expect(runner.resume(run.id)).rejects.toMatchObject(refusal);
  });
});

test("an old login that could not be ended leaves the instance with its new secret, and is ended by carrying on", async () => {
  failing = "logins.retire";
  const { id, state } = await rotate("user1-n8n/database");
  expect(state).toBe("failed");
  await follower.settled();
  expect([secrets.version("user1-n8n/database"), lookedAfter]).toEqual([2, [id]]);
  failing = null;
  await runner.resume(id);
  expect((await runner.wait(id)).state).toBe("succeeded");
  expect(done.slice(-2)).toEqual(["logins.retire @2", "logins.retire @2"]);
});

test("a superuser's password is never taken back: the server may know it already", async () => {
  failing = "superuser.ensure";
  const { id, state } = await rotate("shared-postgres");
  expect(state).toBe("failed");
  await rotation.settle(id);
  expect(secrets.version("shared-postgres/superuserPassword")).toBe(2);
  expect(secrets.earlier("shared-postgres/superuserPassword")).toHaveLength(1);
});

test("Prometheus' token is generated, and it is told where the new one goes", async () => {
  await secrets.ensure("berth-prometheus/token");
  const { warnings, operations } = await rotation.plan("berth-prometheus/token");
  expect(warnings).toEqual([expect.stringMatching(/`berth prometheus --token` prints\. .* good for 7 days/)]);
  expect(operations).toMatchObject([{ id: "secrets.rotate/berth-prometheus", node: null }]);
  expect((await rotate("berth-prometheus/token")).state).toBe("succeeded");
  expect(secrets.version("berth-prometheus/token")).toBe(2);
});

test("the router's token is generated, and that is all; carrying on makes it if that failed", async () => {
  await secrets.ensure("berth-routes/token");
  const { warnings, operations } = await rotation.plan("berth-routes/token");
  expect(warnings).toEqual([expect.stringContaining("`berth route token --show-token`")]);
  expect(operations).toMatchObject([{ id: "secrets.rotate/berth-routes", node: null }]);
  failing = "secrets.rotate";
  const run = await rotate("berth-routes/token");
  await follower.settled();
  failing = null;
  expect([run.state, run.restartWith]).toEqual(["failed", undefined]);
  await runner.resume(run.id);
  expect((await runner.wait(run.id)).state).toBe("succeeded");
  expect(secrets.version("berth-routes/token")).toBe(2);
});

test("interrupted on the way it is carried on at the next start, with the same values", async () => {
  isAway = true;
  const { run } = await rotation.rotate("user1-n8n/database", "anna");
  await vi.waitFor(() => expect(done).toContain("database.ensure @2"));
  const value = secrets.reveal("user1-n8n/database").reveal();
  await stop();
  isAway = false;
  await start();
  await runner.resumeInterrupted();
  expect((await runner.wait(run?.id ?? 0)).state).toBe("succeeded");
  expect(secrets.reveal("user1-n8n/database").reveal()).toBe(value);
});

test("cancelled on the way, the instance keeps the secrets it had", async () => {
  isAway = true;
  const { run } = await rotation.rotate("user1-n8n/database", "anna");
  await vi.waitFor(() => expect(done).toContain("database.ensure @2"));
  await runner.cancel(run?.id ?? 0, "anna");
  await vi.waitFor(() => expect(secrets.version("user1-n8n/database")).toBe(1));
});
