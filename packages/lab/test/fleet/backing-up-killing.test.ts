/**
 * kill -9 in the middle of backups and restores, at random moments, and a node whose power is cut: afterwards there is a
 * whole backup or none, and a tenant has all of what a backup holds, or all of what it had.
 */
import { type Backup, listBackups } from "@berth/shared/api/backups";
import { planSchema } from "@berth/shared/operations/plan";
import { runSchema, type Run } from "@berth/shared/api/runs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ensureController } from "../../src/demo/controller.ts";
import { ProxmoxClient } from "../proxmox-client.ts";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";
import { killService, waitForDocker } from "./guest.ts";
import { killController } from "./kill-controller.ts";
import { allMarks, leaveMarks, readMarks } from "./marks.ts";
import { Random } from "./random.ts";
import { waitForEnd } from "./runs.ts";

/** A failure says its seed; BERTH_TEST_SEEDS="7 8 9" tries these instead. */
const seeds = (process.env["BERTH_TEST_SEEDS"] ?? "1").split(" ").map(Number);
const tenant = "user2";
const endDeadlineMs = 600_000;

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await convergedExample();
});

afterEach(async () => {
  await ensureController(fleet.lab);
});

describe("a backup", () => {
  it.each(seeds)("is whole or none, whatever is killed (seed %i)", async (seed) => {
    await leaveMarks(fleet, tenant, `backup${seed}`);
    const before = (await backups()).map(({ id }) => id);
    const ended = await endOf(await begin(["backup", "create", tenant]), new Random(seed + 3000));
    await everythingHealthy();
    const made = (await backups()).filter(({ id }) => !before.includes(id));
    for (const { state } of made) expect(state === "complete").toBe(ended.state === "succeeded");
    // What a kill has left in the repository is in nobody's way.
    await fleet.succeed(["backup", "create", tenant]);
    await fleet.succeed(["backup", "verify", tenant]);
    expect(await readMarks(fleet, tenant)).toEqual(allMarks(`backup${seed}`));
    await expectNothingToDo();
  });
});

describe("a restore", () => {
  it.each(seeds)("ends with all that the backup holds, whatever is killed (seed %i)", async (seed) => {
    const backup = await leaveOlderBackup(`kept${seed}`);
    const begun = await begin(["restore", tenant, "--backup", backup, "--yes"]);
    await carriedOn(await endOf(begun, new Random(seed + 4000)));
    await everythingHealthy();
    expect(await readMarks(fleet, tenant)).toEqual(allMarks(`kept${seed}`));
    await expectNothingToDo();
  });

  it.runIf(isPatient)("is carried on when its node had no power in the middle of it", async () => {
    const backup = await leaveOlderBackup("power");
    const begun = await begin(["restore", tenant, "--backup", backup, "--yes"]);
    await new Random(5).moment(15_000);
    await cutPower();
    await carriedOn(await waitForEnd(fleet, begun.id, endDeadlineMs));
    await everythingHealthy();
    expect(await readMarks(fleet, tenant)).toEqual(allMarks("power"));
    await expectNothingToDo();
  });
});

async function begin(parameters: readonly string[]): Promise<Run> {
  return (await fleet.json(z.object({ run: runSchema }), [...parameters, "--detach"])).run;
}

/** Kills each part once, in a random order at random moments, and waits for the end of the run. */
async function endOf(begun: Run, random: Random): Promise<Run> {
  const [node, shared] = [await fleet.guest(tenant), await fleet.guest("shared")];
  const killings = random.shuffle([
    () => killController(fleet.lab),
    () => killService(node, "berth-agent.service"),
    () => killService(node, "docker.service"),
    () => killService(shared, "berth-agent.service"),
  ]);
  for (const kill of killings) {
    await random.moment(6000);
    await kill();
    await ensureController(fleet.lab);
  }
  const ended = await waitForEnd(fleet, begun.id, endDeadlineMs);
  await waitForDocker(node);
  return ended;
}

/** What a kill made fail is resumed, as its message says. */
async function carriedOn({ id, state }: Run): Promise<void> {
  if (state === "succeeded") return;
  const resumed = await fleet.berth(["run", "resume", String(id)], { deadlineMs: endDeadlineMs });
  expect(resumed, resumed.stderr).toMatchObject({ exitCode: 0 });
}

/** At once, with nothing written down; and on again. */
async function cutPower(): Promise<void> {
  const { vmid } = await fleet.guest(tenant);
  const proxmox = ProxmoxClient.start(fleet.lab, "token");
  try {
    expect(await proxmox.perform("POST", `/nodes/pve/lxc/${vmid}/status/stop`)).toBe("OK");
    expect(await proxmox.perform("POST", `/nodes/pve/lxc/${vmid}/status/start`)).toBe("OK");
  } finally {
    await proxmox.stop();
  }
}

/** The id of a backup that holds the mark; the tenant has another one since. */
async function leaveOlderBackup(mark: string): Promise<string> {
  await leaveMarks(fleet, tenant, mark);
  await fleet.succeed(["backup", "create", tenant]);
  const [newest] = await backups();
  if (newest === undefined) throw new Error(`There is no backup of ${tenant}`);
  await leaveMarks(fleet, tenant, "since");
  return newest.id;
}

async function backups(): Promise<Backup[]> {
  return (await fleet.json(listBackups.response, ["backup", "list", tenant])).backups;
}

async function everythingHealthy(): Promise<void> {
  await fleet.waitForStatus("every instance healthy", 600_000, ({ instances }) =>
    instances.every(({ state }) => state === "healthy"),
  );
}

async function expectNothingToDo(): Promise<void> {
  const plan = await fleet.json(planSchema, ["apply", "-", "--plan"], { input: fleet.example });
  expect(plan).toEqual({ operations: [], warnings: [] });
}
