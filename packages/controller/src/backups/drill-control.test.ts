import { afterEach, beforeEach, expect, test } from "vitest";
import { removeBackups } from "../inventory/backups.ts";
import { listEvents } from "../inventory/events.ts";
import { createDrillControl, type DrillControl } from "./drill-control.ts";
import { followProofs, type ProofsFollower } from "./drill-follow.ts";
import { presentFleet } from "./test-fixtures.ts";
import { by, TestWorld } from "./test-world.ts";

let world: TestWorld;
let control: DrillControl;
let follower: ProofsFollower;

beforeEach(async () => {
  world = await TestWorld.open();
  const { inventory, runner, secrets } = world;
  control = createDrillControl({
    inventory,
    present: async () => ({
      ...presentFleet(world.fleet),
      desired: world.desired(),
      secretVersion: (name) => secrets.version(name) ?? 1,
    }),
    startRun: (run) => runner.start(run),
    exclusively: (work) => work(),
  });
  follower = await followProofs({ inventory, runner, onFailure: (error) => void world.failures.push(error) });
});
afterEach(async () => {
  await follower.close();
  expect(world.failures).toEqual([]);
  await world.close();
});

async function drill(of: string | null, all = false) {
  const change = await control.drill({ of, all }, by);
  const run = await world.ended(change);
  await follower.close();
  return { ...change, run };
}

test("a backup is proven once all of its parts were", async () => {
  const { id, parts } = await world.makeBackup("user1");
  await drill("user1-n8n");
  expect(await control.proofs({ backup: id })).toMatchObject([
    {
      subject: "user1-n8n",
      owner: "user1",
      level: "service",
      version: parts.find(({ subject }) => subject === "user1-n8n")?.version,
    },
  ]);
  expect(await world.newest()).toMatchObject({ id, provenAt: null });
  await drill("user1");
  expect((await control.proofs({ of: "user1" })).map(({ subject }) => subject).toSorted()).toEqual(
    parts.map(({ subject }) => subject).toSorted(),
  );
  expect(await control.proofs({ of: "user1" })).toContainEqual(
    expect.objectContaining({ subject: "user1", level: "data", version: null }),
  );
  expect((await world.newest()).provenAt).toEqual(expect.any(String));
});

test("a drill that fails proves nothing, and is told", async () => {
  await world.makeBackup("user1-n8n");
  world.failing = "drill user1-n8n";
  expect((await drill("user1-n8n")).run.state).toBe("failed");
  expect(await control.proofs({})).toEqual([]);
  expect((await world.newest()).provenAt).toBeNull();
  const events = await listEvents(world.inventory.database);
  expect(events.map(({ kind }) => kind)).toContain("drill.failed");
});

test("a restore proves what it restored", async () => {
  const { id } = await world.makeBackup("user1-n8n");
  await world.ended(await world.control.restore({ of: "user1-n8n", backup: id, backupFirst: false }, by));
  await follower.close();
  expect(await control.proofs({ backup: id })).toMatchObject([{ subject: "user1-n8n", by: "restore" }]);
});

test("the last proof of a subject outlives its backup", async () => {
  const { id } = await world.makeBackup("user1-n8n");
  await drill("user1-n8n");
  await removeBackups(world.inventory.database, [id]);
  expect(await control.proofs({ of: "user1-n8n" })).toMatchObject([{ backup: id }]);
  await world.makeBackup("user1-n8n");
  await drill("user1-n8n");
  const proofs = await control.proofs({ of: "user1-n8n" });
  expect(proofs.map(({ backup }) => backup)).not.toContain(id);
});

test("what has no backup cannot be drilled, and a plan begins nothing", async () => {
  await expect(control.drill({ of: "user1-n8n", all: false }, by)).rejects.toMatchObject({ code: "not-found" });
  await world.makeBackup("user1-n8n");
  const { plan, run } = await control.drill({ of: null, all: true }, { ...by, dryRun: true });
  expect(run).toBeNull();
  expect(plan.operations.map(({ id }) => id)).toContain("backup.drill/user1-n8n");
  expect(plan.warnings).toContain("user2-n8n has no complete backup yet");
  expect(world.done).not.toContain("drill user1-n8n");
});
