import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listEvents } from "../inventory/events.ts";
import { by, TestWorld } from "./test-world.ts";

const n8nKey = "user1-n8n/encryptionKey";
let world: TestWorld;

beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
  expect(world.failures).toEqual([]);
});

describe("a backup", () => {
  test("is recorded from its run: parts, sizes, what it needs to be read", async () => {
    const run = await world.ended(await world.control.create("user1", by));
    expect(run).toMatchObject({ state: "succeeded", kind: "backup.create", account: "anna" });
    const backup = await world.newest();
    expect(backup).toMatchObject({
      owner: "user1",
      subject: "user1",
      run: run.id,
      state: "complete",
      reason: "manual",
    });
    expect(backup.id).toMatch(/^user1-\d{8}-\d{6}-[0-9a-f]{4}$/);
    expect(backup.parts.map(({ subject, state }) => `${subject} ${state}`)).toEqual([
      "user1-openwebui complete",
      "user1-n8n complete",
      "user1-flowise complete",
      "user1 complete",
    ]);
    expect(backup.parts[1]?.snapshots.map(({ name }) => name)).toEqual(["data", "database"]);
    const copy = "backup-user1/user1-n8n-encryptionKey";
    expect(backup.secrets).toContainEqual({ secret: n8nKey, copy, version: 1 });
    expect(world.secrets.reveal(copy).reveal()).toBe(world.secrets.reveal(n8nKey).reveal());
  });

  test("of everything is one for each owner", async () => {
    await world.ended(await world.control.create(null, by));
    const owners = (await world.control.list()).map(({ owner }) => owner).toSorted();
    expect(owners).toEqual(
      ["clickhouse", "langfuse", "neo4j", "redis", "supabase"]
        .map((name) => `shared-${name}`)
        .concat(["user1", "user2", "user3"]),
    );
  });

  test("of which a part failed is not complete, is told, and is complete once the run was resumed", async () => {
    world.failing = "create user1-n8n";
    const run = await world.ended(await world.control.create("user1", by));
    expect(run.state).toBe("failed");
    expect(await world.newest()).toMatchObject({
      state: "failed",
      parts: { 1: { state: "failed" }, 2: { state: "complete" } },
    });
    const [event] = await listEvents(world.inventory.database);
    expect(event).toMatchObject({ kind: "backup.failed", data: { run: run.id } });
    await expect(world.control.restore({ of: "user1", backupFirst: true }, by)).rejects.toMatchObject({
      code: "not-found",
    });
    world.failing = null;
    await world.ended({ run: await world.runner.resume(run.id) });
    expect(await world.control.list()).toMatchObject([{ state: "complete" }]);
  });

  test("that is only planned makes nothing", async () => {
    const { plan, run } = await world.control.create("user1", { ...by, dryRun: true });
    expect([plan.operations.length > 0, run, await world.control.list()]).toEqual([true, null, []]);
    expect(world.secrets.list().filter(({ name }) => name.startsWith("backup-"))).toEqual([]);
  });

  test("that ended with the controller is recorded at its next start", async () => {
    await world.recordings.close();
    world.runner.events.removeAllListeners();
    const { run } = await world.control.create("user1", by);
    await world.runner.wait(run?.id ?? 0);
    expect(await world.control.list()).toEqual([]);
    await world.stop();
    await world.start();
    expect(await world.control.list()).toMatchObject([{ state: "complete", run: run?.id }]);
  });

  test("no record and no step holds a secret", async () => {
    await world.makeBackup("user1");
    const stored = JSON.stringify([
      await world.inventory.database.selectFrom("backups").selectAll().execute(),
      await world.inventory.database.selectFrom("steps").selectAll().execute(),
    ]);
    const values = world.secrets.list().map(({ name }) => world.secrets.reveal(name).reveal());
    expect(values.filter((value) => stored.includes(value))).toEqual([]);
  });
});

describe("repositories", () => {
  test("are verified, and what they no longer hold is lost", async () => {
    const first = await world.makeBackup("user1");
    const second = await world.makeBackup("user1-n8n");
    world.repositories.set(
      "user1",
      world.repositories.get("user1")?.filter(({ snapshot }) => !snapshot.startsWith(second.id)) ?? [],
    );
    await world.ended(await world.control.verify(null, by));
    expect(await world.control.get(first.id)).toMatchObject({ state: "complete", verifiedAt: expect.any(String) });
    expect(await world.control.get(second.id)).toMatchObject({ state: "lost", verifiedAt: null });
    await expect(world.control.verify("user9", by)).rejects.toThrow("There are no backups of 'user9'");
  });

  test("lose what is no longer kept, by command and after a backup of the schedule", async () => {
    world.failing = "create user1";
    const failed = await world.makeBackup("user1");
    world.failing = null;
    expect((await world.control.prune({ ...by, dryRun: true })).plan.operations).toEqual([]);
    // Records are ordered by time.
    await vi.waitUntil(() => Date.now() > Date.parse(failed.createdAt));
    const { id } = await world.makeBackup("user1");
    world.done = [];
    const run = await world.ended(await world.control.createScheduled("user1"));
    expect(run).toMatchObject({ state: "succeeded", kind: "backup.schedule", account: "schedule" });
    expect(world.done.at(-1)).toBe("prune user1");
    const left = (await world.control.list()).map((backup) => backup.id);
    expect(left).toContain(id);
    expect(left).not.toContain(failed.id);
    expect(left).toHaveLength(2);
  });
});

test("the final backup of a tenant has all its secrets before its run begins", async () => {
  const operations = await world.control.final("user1", { dryRun: false });
  expect(world.secrets.version("backup-user1/password")).toBe(1);
  const run = await world.runner.start({ plan: { operations, warnings: [] }, kind: "tenant.remove", account: "anna" });
  await world.ended({ run });
  expect(await world.newest()).toMatchObject({ reason: "final", state: "complete", subject: "user1" });
});
