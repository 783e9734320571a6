/** Restores of everything, and what keeps a restore from beginning. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { planFleet } from "../plan/plan.ts";
import { emptyWorld } from "../plan/test-fixtures.ts";
import { fleetWithBackups } from "./test-fixtures.ts";
import { by, TestWorld } from "./test-world.ts";

let world: TestWorld;
const all = { of: null, backupFirst: true };
const dry = { ...by, dryRun: true };

beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
  expect(world.failures).toEqual([]);
});

describe("everything", () => {
  test("is each owner's newest backup, after a backup of that owner alone; who has none is told and left", async () => {
    const older = await world.makeBackup("user1");
    await world.makeBackup("user2");
    const { id } = await world.makeBackup("user1");
    world.done = [];
    world.failing = "create user2-n8n";
    const change = await world.control.restore(all, by);
    const restored = change.plan.operations.filter(({ kind }) => kind === "backup.restore");
    expect(new Set(restored.map(({ input }) => "backup" in input && input.backup))).toHaveLength(2);
    expect(JSON.stringify(restored)).toContain(id);
    expect(JSON.stringify(restored)).not.toContain(older.id);
    expect(change.plan.warnings).toContain("user3 has no complete backup: it stays as it is");
    await world.ended(change);
    expect(world.done).toContain("restore user1-n8n");
    expect(world.done.filter((operation) => operation.startsWith("restore user2"))).toEqual([]);
    expect(world.done.filter((operation) => operation.includes("user3"))).toEqual([]);
  });

  test("of a time leaves who had none by then; without any at all it says so", async () => {
    await expect(world.control.restore(all, dry)).rejects.toThrow("There is nothing that could be restored");
    const { createdAt } = await world.makeBackup("user1");
    const at = new Date(Date.parse(createdAt) - 1000).toISOString();
    await expect(world.control.restore({ ...all, at }, dry)).rejects.toThrow(`user1 has no complete backup of ${at}`);
    await expect(world.control.restore({ ...all, backup: "user1-1" }, dry)).rejects.toMatchObject({
      code: "request.invalid",
    });
  });

  test("leaves a tenant that is suspended", async () => {
    await world.makeBackup("user1");
    await world.makeBackup("user2");
    const { user2, ...others } = world.fleet.tenants;
    if (user2 === undefined) throw new Error("The example has no user2");
    world.fleet = { ...world.fleet, tenants: { ...others, user2: { ...user2, suspended: true } } };
    const { plan } = await world.control.restore(all, dry);
    expect(plan.warnings).toContain("tenant 'user2' is suspended: it stays as it is");
    expect(plan.operations.filter(({ target }) => target.startsWith("user2"))).toEqual([]);
    await expect(world.control.restore({ of: "user2", backupFirst: true }, dry)).rejects.toThrow("is suspended");
  });
});

test("what is missing of the fleet is told in the plan, and nothing begins before it is there", async () => {
  await world.makeBackup("user1");
  const desired = world.desired();
  world.missing = planFleet(desired, emptyWorld(desired)).operations;
  const { plan } = await world.control.restore(all, dry);
  expect(plan.warnings[0]).toMatch(
    /^the fleet is not what its file says: the LXC user1 does not exist, .*`berth apply` first/,
  );
  expect(plan.warnings[0]).toContain("the database user1_n8n does not exist");
  expect(plan.warnings[0]).not.toContain("user2");
  world.done = [];
  await expect(world.control.restore(all, by)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("The fleet is not what its file says"),
    hint: "`berth apply` first; then restore",
  });
  expect(world.done).toEqual([]);
});

test("another run that goes on is named, and nothing is touched", async () => {
  await world.makeBackup("user1");
  world.dyingAt = "restore user1-n8n";
  const { run } = await world.control.restore({ of: "user1-n8n", backupFirst: false }, by);
  await world.died.promise;
  const secrets = world.secrets.versions();
  await expect(world.control.restore(all, by)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(new RegExp(`^Run ${run?.id} .* is still under way$`)),
  });
  expect(world.secrets.versions()).toEqual(secrets);
});

describe("a target that the fleet no longer names", () => {
  test("is told of its backups: they are neither lost nor restored nor removed", async () => {
    const { id, location } = await world.makeBackup("user1");
    expect(location).toBe("s3:https://s3.example.org/berth/valuechain/user1");
    world.fleet = fleetWithBackups({ directory: "/mnt/nas" });
    const told = `The backup ${id} is at the former target ${location}`;
    const { plan } = await world.control.verify(null, dry);
    expect(plan).toEqual({ operations: [], warnings: [`${told}: it is not looked up`] });
    await expect(world.control.restore({ of: "user1", backupFirst: true }, dry)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(told),
    });
    const second = await world.makeBackup("user1");
    world.repositories.set(
      "user1",
      second.parts.flatMap(({ snapshots }) => snapshots),
    );
    await world.ended(await world.control.verify("user1", by));
    expect(await world.control.get(id)).toMatchObject({ state: "complete", verifiedAt: null });
    expect((await world.control.get(second.id)).verifiedAt).not.toBeNull();
    expect((await world.control.prune(dry)).plan.operations).toEqual([]);
  });
});
