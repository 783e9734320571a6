/**
 * kill -9 in the middle of upgrades, at random moments: afterwards every instance runs one known version, with every row
 * that was acknowledged.
 */
import { runSchema, type Run } from "@berth/shared/api/runs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ensureController } from "../../src/demo/controller.ts";
import { answeringRelease, Writers } from "./chats.ts";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";
import { type Guest, killService, waitForDocker } from "./guest.ts";
import { killController } from "./kill-controller.ts";
import { Random } from "./random.ts";
import {
  addresses,
  askedVersions,
  expectConverged,
  expectNothingLeft,
  removeWithVolumes,
  runningVersions,
  tenants,
  upgrade,
} from "./rolling.ts";
import { run, waitForEnd } from "./runs.ts";

/** A failure says its seed; BERTH_TEST_SEEDS="7 8 9" tries these instead. */
const seeds = (process.env["BERTH_TEST_SEEDS"] ?? "1").split(" ").map(Number);
const former = "v0.11.2";
const better = "v0.11.3-migrates";
const dying = "v0.11.9-migrates-then-dies";
const endDeadlineMs = 300_000;

let fleet: TestFleet;
let guests: Guest[];
let writers: Writers | undefined;

beforeAll(async () => {
  fleet = await convergedExample();
  guests = await Promise.all(tenants.map((tenant) => fleet.guest(tenant)));
});

afterEach(async () => {
  await ensureController(fleet.lab);
  await writers?.stop();
});

afterAll(async () => {
  await removeWithVolumes(fleet, "openwebui", tenants);
});

describe("an upgrade to a version that dies", () => {
  it.each(seeds)("ends with the former version everywhere, whatever is killed (seed %i)", async (seed) => {
    const ended = await upgradeWhileKilling(dying, seed, seed);
    expect(ended.state).toBe("failed");
    expect(await runningVersions(fleet, "openwebui")).toEqual(all(former));
    expect(await askedVersions(fleet, "openwebui")).toEqual({});
    await expectNothingLost();
  });
});

describe.runIf(isPatient)("an upgrade to a version that is well", () => {
  it.each(seeds)("is carried on, or back, whatever is killed (seed %i)", async (seed) => {
    await upgradeWhileKilling(better, seed, seed + 1000);
    const { instances } = await fleet.status();
    const versions = instances.filter(({ service }) => service === "openwebui").map(({ version }) => version);
    expect([former, better]).toEqual(expect.arrayContaining(versions));
    await expectNothingLost();
    // One whose Docker was away for long may have gone back; the others stay where they were proven.
    const rest = await upgrade(fleet, ["openwebui", "--to", better, "--retry", "--no-backup", "--min-healthy", "1s"]);
    expect(rest, rest.stderr).toMatchObject({ exitCode: 0 });
    expect(await runningVersions(fleet, "openwebui")).toEqual(all(better));
    expect(await askedVersions(fleet, "openwebui")).toEqual({ openwebui: better });
    await expectConverged(fleet);
    if (seeds.at(-1) !== seed) await beginAgain();
  });
});

/** Starts it, kills each part once in a random order at random moments, and returns the run as it ended. */
async function upgradeWhileKilling(version: string, seed: number, chance: number): Promise<Run> {
  const random = new Random(chance);
  writers = await Writers.start(fleet.lab, addresses, `killed-${version}-${seed}`);
  const options = ["--no-backup", "--retry", "--min-healthy", "3s", "--detach"];
  const { run: begun } = await fleet.json(z.object({ run: runSchema }), [
    ...["upgrade", "openwebui", "--to", version],
    ...options,
  ]);
  const [first] = guests;
  if (first === undefined) throw new Error("There are no nodes");
  const killings = random.shuffle([
    () => killController(fleet.lab),
    () => killController(fleet.lab),
    () => killService(first, "berth-agent.service"),
    () => killService(first, "docker.service"),
    () => killService(random.pick(guests), "berth-agent.service"),
  ]);
  for (const kill of killings) {
    await random.moment(4000);
    await kill();
    await ensureController(fleet.lab);
  }
  const ended = await waitForEnd(fleet, begun.id, endDeadlineMs);
  for (const guest of guests) await waitForDocker(guest);
  // Docker on a node takes down all that runs there, and n8n needs longer than what is upgraded.
  await fleet.waitForStatus("every instance healthy", 600_000, ({ instances }) =>
    instances.every(({ state }) => state === "healthy"),
  );
  expect((await run(fleet, begun.id)).state).toBe(ended.state);
  return ended;
}

/** What runs is what is asked for, and answers; rows of a release that went back count only until it came. */
async function expectNothingLost(): Promise<void> {
  const releases = await Promise.all(addresses.map((address) => answeringRelease(fleet.lab, address)));
  await writers?.expectNothingLost((address) => [
    former,
    `v${releases[addresses.findIndex((one) => one === address)]}`,
  ]);
  await expectConverged(fleet);
  await expectNothingLeft(guests);
  const running = await runningVersions(fleet, "openwebui");
  expect(Object.fromEntries(tenants.map((tenant, index) => [`${tenant}-openwebui`, `v${releases[index]}`]))).toEqual(
    running,
  );
}

async function beginAgain(): Promise<void> {
  await removeWithVolumes(fleet, "openwebui", tenants);
  expect(await fleet.apply(fleet.example, "--prune")).toMatchObject({ exitCode: 0 });
}

function all(version: string): Record<string, string> {
  return Object.fromEntries(tenants.map((tenant) => [`${tenant}-openwebui`, version]));
}
