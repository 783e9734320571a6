/** One instance's way to another version, with a node and stores that fail, hang and forget at each step. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BerthError } from "@berth/shared/errors";
import type { Phase } from "@berth/shared/operations/phases";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Inventory } from "../../inventory/database.ts";
import { openInventory } from "../../inventory/open.ts";
import { instancesOfUpgrade } from "../../inventory/upgrades.ts";
import { ControllerStopping } from "../../runs/handlers.ts";
import type { UpgradeDependencies } from "./dependencies.ts";
import { createInstanceUpgradeHandler } from "./instance-upgrade.ts";
import { settleEarlier } from "./settle.ts";
import { fakeWorld, inputOf, specOf, type FakeWorld } from "./test-world.ts";

let directory: string;
let inventory: Inventory;
let world: FakeWorld;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-upgrade-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  world = fakeWorld(inventory);
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

interface Call {
  changes?: Partial<ReturnType<typeof inputOf>>;
  attempt?: number;
  operationId?: string;
  signal?: AbortSignal;
  leave?: AbortSignal;
}

function upgrade({ changes = {}, attempt = 1, operationId = "operation", ...signals }: Call = {}) {
  return createInstanceUpgradeHandler(world.dependencies)({
    operationId,
    attempt,
    input: { ...inputOf(), ...changes },
    node: "user1",
    deadlineSeconds: 7200,
    log: (line) => void world.lines.push(line),
    signal: new AbortController().signal,
    ...signals,
  });
}

const unhealthy = new BerthError("instance.unhealthy", "n8n is unhealthy; its last lines: boom");

async function row() {
  const [only] = await instancesOfUpgrade(inventory.database, inputOf().upgrade);
  return only;
}

test("copies, tries, looks, records and clears away, in this order", async () => {
  expect(await upgrade()).toEqual({ outcome: "upgraded", reason: null, gapMilliseconds: 4000 });
  expect(world.done).toEqual([
    "prepare user1_n8n",
    "look 0",
    "checkpoint.create",
    "create user1_n8n",
    "instance.prove 2.41.3 stopped",
    "look 15",
    "record 2.41.3",
    "checkpoint.remove",
    "remove user1_n8n",
  ]);
  expect(world.data).toBe("of 2.41.3");
  expect(await row()).toMatchObject({ phase: "ended", outcome: "upgraded", gapMilliseconds: 4000 });
});

test("tells what the time went into, on the node and of the controller's own part", async () => {
  const { checkpoints, hub } = world.dependencies;
  const told: Phase[] = [];
  const onNode: Phase = { name: "wait until healthy", target: "user1-n8n", at: Date.now(), milliseconds: 34_000 };
  const dependencies: UpgradeDependencies = {
    ...world.dependencies,
    hub: {
      dispatch: (request) => {
        if (request.kind === "instance.prove") request.onPhases?.([onNode]);
        return hub.dispatch(request);
      },
    },
    checkpoints: {
      ...checkpoints,
      create: async (...args) => {
        await pause(30);
        return checkpoints.create(...args);
      },
    },
  };
  await createInstanceUpgradeHandler(dependencies)({
    ...{ operationId: "operation", attempt: 1, input: inputOf(), node: "user1", deadlineSeconds: 7200 },
    log: () => undefined,
    phases: (phases) => void told.push(...phases),
    signal: new AbortController().signal,
  });
  expect(told.filter(({ milliseconds }) => milliseconds >= 29)).toMatchObject([
    { name: "copy", target: "user1_n8n" },
    onNode,
  ]);
});

test("without a checkpoint only the containers are exchanged", async () => {
  await upgrade({ changes: { checkpoint: null, record: false } });
  expect(world.done).toEqual(["look 0", "instance.prove 2.41.3 former", "look 15"]);
});

test("a version that does not become healthy is taken back with its data, and stops the upgrade", async () => {
  world.fail("instance.prove", unhealthy);
  await expect(upgrade()).rejects.toMatchObject({
    code: "instance.unhealthy",
    message: expect.stringMatching(/user1-n8n went back from n8n 2\.41\.3: .*boom.*It runs 2\.40\.0 again/s),
  });
  expect(world.done.slice(4)).toEqual([
    "instance.prove 2.41.3 stopped",
    "checkpoint.restore",
    "restore user1_n8n",
    "instance.ensure 2.40.0",
    "checkpoint.remove",
    "remove user1_n8n",
  ]);
  expect([world.data, world.running]).toEqual(["of 2.40.0", "2.40.0"]);
  // Asked for again, as `run resume` does: it is not tried a second time.
  const before = world.done.length;
  await expect(upgrade({ attempt: 2 })).rejects.toMatchObject({ code: "instance.unhealthy" });
  expect(world.done.length).toBe(before);
});

test("as many as may fail do not stop the upgrade", async () => {
  world.fail("instance.prove", unhealthy);
  const result = await upgrade({ changes: { maxFailures: 1 } });
  expect(result).toMatchObject({ outcome: "went-back", reason: unhealthy.message });
});

test("one that its route does not lead to is taken back, unless it was so before", async () => {
  world.routeFails = "after";
  await expect(upgrade()).rejects.toMatchObject({
    code: "instance.unhealthy",
    message: expect.stringContaining("502"),
  });
  expect(world.running).toBe("2.40.0");
  world = fakeWorld(inventory);
  world.routeFails = "always";
  const other = { changes: { upgrade: "another" }, operationId: "another" };
  expect(await upgrade(other)).toMatchObject({ outcome: "upgraded" });
});

test("what fails before the new version has run needs no data to be put back", async () => {
  world.fail("checkpoint.create", new BerthError("disk.full", "no space"));
  await expect(upgrade()).rejects.toMatchObject({ code: "instance.unhealthy" });
  expect(world.done).not.toContain("checkpoint.restore");
  expect(world.running).toBe("2.40.0");
});

test("a store that is away for a moment is waited for, and one that stays away stops nothing for long", async () => {
  world.failOnce("create", new BerthError("store.failed", "connection refused"));
  expect(await upgrade()).toMatchObject({ outcome: "upgraded" });
  world = fakeWorld(inventory);
  world.fail("create", new BerthError("store.failed", "connection refused"));
  const other = { changes: { upgrade: "another" }, operationId: "another" };
  await expect(upgrade(other)).rejects.toMatchObject({ code: "instance.unhealthy" });
  expect(world.running).toBe("2.40.0");
});

test.each(["checkpoint.create", "instance.prove", "checkpoint.restore", "instance.ensure"])(
  "a node that is away during %s is no reason to go back, and carried on with later",
  async (kind) => {
    if (kind === "checkpoint.restore" || kind === "instance.ensure") world.fail("instance.prove", unhealthy);
    const forward = kind === "checkpoint.create" || kind === "instance.prove";
    world.failOnce(kind, new BerthError("node.offline", "away"));
    await expect(upgrade()).rejects.toMatchObject({ code: "node.offline" });
    expect((await row())?.outcome).toBeNull();
    if (forward) expect(await upgrade({ attempt: 2 })).toMatchObject({ outcome: "upgraded" });
    else await expect(upgrade({ attempt: 2 })).rejects.toMatchObject({ code: "instance.unhealthy" });
    expect(world.running).toBe(forward ? "2.41.3" : "2.40.0");
    expect(world.data).toBe(forward ? "of 2.41.3" : "of 2.40.0");
  },
);

test("going back that fails says where things are, under a code that lets the run be carried on", async () => {
  world.fail("instance.prove", unhealthy);
  world.failOnce("instance.ensure", unhealthy);
  await expect(upgrade()).rejects.toMatchObject({
    code: "run.failed",
    message: expect.stringMatching(/going back to 2\.40\.0 did not come to its end.*as it was before the upgrade/s),
  });
  expect((await row())?.phase).toBe("returning");
});

describe("told to stop", () => {
  test("before anything is stopped, it stops at once and can be carried on", async () => {
    const stop = new AbortController();
    stop.abort(new BerthError("cancelled", "Cancelled by eve"));
    await expect(upgrade({ signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });
    expect(world.done).toEqual([]);
    expect(await upgrade({ attempt: 2 })).toMatchObject({ outcome: "upgraded" });
  });

  test("later, it goes on to its end", async () => {
    const stop = new AbortController();
    world.before("instance.prove", () => stop.abort(new BerthError("cancelled", "Cancelled by eve")));
    expect(await upgrade({ signal: stop.signal })).toMatchObject({ outcome: "upgraded" });
  });

  test("because the controller stops, it waits for nothing, also after it was cancelled", async () => {
    const [stop, leave] = [new AbortController(), new AbortController()];
    world.before("instance.prove", () => {
      stop.abort(new BerthError("cancelled", "Cancelled by eve"));
      leave.abort(new ControllerStopping());
    });
    await expect(upgrade({ signal: stop.signal, leave: leave.signal })).rejects.toBeInstanceOf(ControllerStopping);
    expect((await row())?.phase).toBe("trying");
    expect(await upgrade()).toMatchObject({ outcome: "upgraded" });
  });
});

/** Everything that it asks of others, in each of the ways that there are. */
describe.each([
  ["upgraded", (): void => undefined],
  ["went-back", (): void => world.fail("instance.prove", unhealthy)],
])("killed before and after each step, it is %s all the same", (outcome, arrange) => {
  test.each(Array.from({ length: 20 }, (_, index) => index))("at moment %i", async (moment) => {
    arrange();
    world.dieAt(moment);
    const first = await Promise.race([upgrade({ changes: { maxFailures: 1 } }), world.died]);
    if (first === "died") {
      world.restart();
      expect(await upgrade({ changes: { maxFailures: 1 } })).toMatchObject({ outcome });
    }
    expect(await row()).toMatchObject({ phase: "ended", outcome });
    const version = outcome === "upgraded" ? "2.41.3" : "2.40.0";
    expect([world.running, world.data, world.copies]).toEqual([version, `of ${version}`, null]);
    expect(world.recorded).toBe(outcome === "upgraded" ? "2.41.3" : null);
  });
});

describe("what an earlier upgrade has left half-way", () => {
  const next = (version: string): Pick<InstanceSpec, "instance" | "version"> => specOf(version);
  const settle = (version: string) =>
    settleEarlier(
      next(version),
      { operationId: "next", attempt: 1, signal: new AbortController().signal, log: () => undefined },
      world.dependencies,
    );

  async function leaveHalfWay(): Promise<void> {
    world.failAfter("instance.prove", new BerthError("node.offline", "away"));
    await expect(upgrade()).rejects.toMatchObject({ code: "node.offline" });
    expect([world.running, world.data]).toEqual(["2.41.3", "of 2.41.3"]);
  }

  test("is put back before the former version is started", async () => {
    await leaveHalfWay();
    await settle("2.40.0");
    expect(world.data).toBe("of 2.40.0");
    expect(await row()).toMatchObject({ phase: "ended", outcome: "went-back" });
  });

  test("stays when the new version runs well and is what is wanted", async () => {
    await leaveHalfWay();
    await settle("2.41.3");
    expect([world.running, world.data, world.copies]).toEqual(["2.41.3", "of 2.41.3", null]);
    expect(await row()).toMatchObject({ phase: "ended", outcome: "upgraded" });
  });

  test("is put back by the next upgrade, which then makes a checkpoint of its own", async () => {
    await leaveHalfWay();
    world.running = null;
    const changes = { upgrade: "another", spec: specOf("2.41.4") };
    expect(await upgrade({ changes, operationId: "another" })).toMatchObject({ outcome: "upgraded" });
    expect(world.data).toBe("of 2.41.4");
    expect(await row()).toMatchObject({ outcome: "went-back" });
  });
});
