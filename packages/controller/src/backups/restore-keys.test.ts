/** Keys of restored data, whenever the controller ends: an instance never stays without those that it is read with. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";
import { secretReferences } from "../plan/secret-reference.ts";
import { by, TestWorld } from "./test-world.ts";

const n8nKey = "user1-n8n/encryptionKey";
const request = { of: "user1-n8n", backupFirst: false };
let world: TestWorld;
/** The key of the data in the backup. */
let key: string;

beforeEach(async () => {
  world = await TestWorld.open();
  await world.makeBackup("user1");
  key = world.secrets.reveal(n8nKey).reveal();
  // As when the tenant was removed and added again.
  await world.secrets.remove("user1-n8n");
  await world.makeSecrets();
  world.done = [];
});
afterEach(async () => {
  await world.close();
  expect(world.failures).toEqual([]);
});

/** Versions of the key that the instance runs with. */
function runsWith(): number[] {
  const references = secretReferences(JSON.stringify(world.running.get("user1-n8n") ?? {}));
  return [...new Set(references.filter(({ name }) => name === n8nKey).map(({ version }) => version))];
}

function expectItToRunOverItsData(): void {
  expect(world.secrets.reveal(n8nKey).reveal()).toBe(key);
  expect(runsWith()).toEqual([world.secrets.version(n8nKey)]);
}

describe("a controller that ends", () => {
  test.each(["restore user1-n8n", "adopt user1-n8n", "ensure user1-n8n"])("at %s carries on with it", async (step) => {
    world.dyingAt = step;
    const { run } = await world.control.restore(request, by);
    await world.died.promise;
    await world.stop();
    await world.start();
    await world.runner.resumeInterrupted();
    expect((await world.ended({ run })).state).toBe("succeeded");
    expect(world.done).toEqual(["restore user1-n8n", "adopt user1-n8n", "ensure user1-n8n"]);
    expectItToRunOverItsData();
  });

  test("before the run is written has changed no key; the next restore does all of it", async () => {
    const present = world.secrets.reveal(n8nKey).reveal();
    const { startRun } = world;
    world.startRun = () => Promise.reject(new Error("killed"));
    await expect(world.control.restore(request, by)).rejects.toThrow("killed");
    await world.stop();
    world.startRun = startRun;
    await world.start();
    expect(world.secrets.reveal(n8nKey).reveal()).toBe(present);
    expect((await world.ended(await world.control.restore(request, by))).state).toBe("succeeded");
    expectItToRunOverItsData();
  });
});

test("an instance that has the keys and is not known to run with them is started with them", async () => {
  await world.secrets.put(n8nKey, new Secret(key));
  const { plan } = await world.control.restore(request, { ...by, dryRun: true });
  expect(plan.operations.map(({ kind }) => kind).slice(-2)).toEqual(["backup.restore", "instance.ensure"]);
  await world.ended(await world.control.restore(request, by));
  expectItToRunOverItsData();
  const again = await world.control.restore(request, { ...by, dryRun: true });
  expect(again.plan.operations.at(-1)).toMatchObject({ kind: "backup.restore", input: { subject: "user1-n8n" } });
});

test("what is cut off between data and keys gets the keys, and what has not come back keeps its own", async () => {
  const present = world.secrets.reveal(n8nKey).reveal();
  world.failing = "restore user1-n8n";
  await world.ended(await world.control.restore(request, by));
  expect(world.secrets.reveal(n8nKey).reveal()).toBe(present);
  expect(runsWith()).toEqual([1]);

  world.failing = "adopt user1-n8n";
  const { run } = await world.control.restore(request, by);
  expect((await world.ended({ run })).state).toBe("failed");
  expect(world.secrets.reveal(n8nKey).reveal()).toBe(key);
  world.failing = null;
  expect((await world.ended({ run: await world.runner.resume(run?.id ?? 0) })).state).toBe("succeeded");
  expectItToRunOverItsData();
});

test("a backup first that fails leaves the data, and the keys that they are read with", async () => {
  const present = world.secrets.reveal(n8nKey).reveal();
  world.failing = "create user1-n8n";
  await world.ended(await world.control.restore({ ...request, backupFirst: true }, by));
  expect(world.done).toEqual(["create user1-n8n"]);
  expect(world.secrets.reveal(n8nKey).reveal()).toBe(present);
  expect(runsWith()).toEqual([1]);
});

test("the keys of a backup stay those of its time, though its run is recorded again after a restart", async () => {
  const { id, secrets } = await world.makeBackup("user1");
  await world.secrets.put(n8nKey, new Secret("a-key-of-later-than-it"));
  const { startRun } = world;
  // The copies are made, and then the next backup cannot begin.
  world.startRun = () => Promise.reject(new BerthError("conflict", "Run 7 is still under way"));
  await expect(world.control.create("user1", by)).rejects.toThrow("still under way");
  world.startRun = startRun;
  await world.stop();
  await world.start();
  expect((await world.control.get(id)).secrets).toEqual(secrets);
});
