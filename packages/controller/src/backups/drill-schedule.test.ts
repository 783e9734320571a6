import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lastLook } from "../inventory/looks.ts";
import { insertRun, updateRun } from "../inventory/runs.ts";
import { createDrillControl, drillKind, type DrillControl } from "./drill-control.ts";
import { createDrillSchedule } from "./drill-schedule.ts";
import { fleetWithBackups, presentFleet } from "./test-fixtures.ts";
import { by, TestWorld } from "./test-world.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Half an hour before the drills of a Sunday. */
const before = Date.parse("2026-11-29T04:30:00Z");

let world: TestWorld;
let control: DrillControl;
/** When plans were made. */
let plans: string[];
let schedule: ReturnType<typeof createDrillSchedule> | undefined;

beforeEach(async () => {
  world = await TestWorld.open();
  const { inventory, runner, secrets } = world;
  await world.makeBackup("user1-n8n");
  plans = [];
  control = createDrillControl({
    inventory,
    present: async () => {
      plans.push(new Date().toISOString().slice(0, 16));
      return {
        ...presentFleet(world.fleet),
        desired: world.desired(),
        secretVersion: (name) => secrets.version(name) ?? 1,
      };
    },
    startRun: (run) => runner.start(run),
    exclusively: (work) => work(),
  });
  vi.useFakeTimers({ now: before, toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await schedule?.close();
  expect(world.failures).toEqual([]);
  await world.close();
});

function startSchedule(): void {
  schedule = createDrillSchedule({
    inventory: world.inventory,
    fleet: async () => world.fleet,
    drill: control.drill,
    onFailure: (error) => void world.failures.push(error),
  });
}

/** The fleet's backups are elsewhere: none of them can be drilled. */
function moveTarget(): void {
  world.fleet = fleetWithBackups({ directory: "/mnt/another" });
}

test("one that finds nothing to drill is done until its next time", async () => {
  moveTarget();
  startSchedule();
  await vi.advanceTimersByTimeAsync(day);
  expect(plans).toEqual(["2026-11-29T05:00"]);
  await vi.advanceTimersByTimeAsync(7 * day);
  expect(plans).toEqual(["2026-11-29T05:00", "2026-12-06T05:00"]);
});

test("one that was made counts when its run is no longer kept", async () => {
  startSchedule();
  await vi.advanceTimersByTimeAsync(hour);
  expect(world.done.filter((operation) => operation.startsWith("drill"))).toEqual(["drill user1-n8n"]);
  await world.inventory.database.transaction().execute(async (transaction) => {
    for (let others = 0; others < 500; others += 1) {
      const createdAt = new Date().toISOString();
      const run = await insertRun(transaction, { kind: "backup.schedule", account: "schedule", createdAt, steps: [] });
      await updateRun(transaction, { ...run, state: "succeeded" });
    }
  });
  expect((await world.runner.list(500)).map(({ kind }) => kind)).not.toContain(drillKind);
  await vi.advanceTimersByTimeAsync(3 * day);
  expect(plans).toEqual(["2026-11-29T05:00"]);
});

test("one of one instance that has nothing to drill, and one that is only planned, stand for none", async () => {
  const last = () => lastLook(world.inventory.database, drillKind);
  await control.drill({ of: null, all: true }, { ...by, dryRun: true });
  expect(await last()).toBeNull();
  moveTarget();
  await expect(control.drill({ of: "user1-n8n", all: false }, by)).rejects.toMatchObject({ code: "not-found" });
  expect(await last()).toBeNull();
  await control.drill({ of: null, all: false }, by);
  expect(await last()).toBe(new Date(before).toISOString());
});
