/** All of an upgrade's instances go back when one has: with a node and stores that fail and forget at each step. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BerthError } from "@berth/shared/errors";
import type { Inventory } from "../../inventory/database.ts";
import { openInventory } from "../../inventory/open.ts";
import { advanceUpgrade, beginUpgrade, instancesOfUpgrade } from "../../inventory/upgrades.ts";
import { createInstanceRollbackHandler } from "./instance-rollback.ts";
import { createInstanceUpgradeHandler } from "./instance-upgrade.ts";
import { settleEarlier } from "./settle.ts";
import { fakeWorld, inputOf, type FakeWorld } from "./test-world.ts";

const input = { ...inputOf(), onFailure: "rollback-all" } as const;
const rollbackContext = { operationId: "rollback", attempt: 1, node: "user1", deadlineSeconds: 7200, input };

let directory: string;
let inventory: Inventory;
let world: FakeWorld;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-rollback-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  world = fakeWorld(inventory);
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

const running = () => ({
  log: (line: string) => void world.lines.push(line),
  signal: new AbortController().signal,
});

function upgrade() {
  const context = { ...rollbackContext, ...running(), operationId: "operation" };
  return createInstanceUpgradeHandler(world.dependencies)(context);
}

function rollback(attempt = 1) {
  return createInstanceRollbackHandler(world.dependencies)({ ...rollbackContext, ...running(), attempt });
}

/** Another instance of the upgrade has gone back. */
async function anotherFailed(): Promise<void> {
  const other = { upgrade: input.upgrade, instance: "user2-n8n" };
  await beginUpgrade(inventory.database, {
    ...other,
    ...{ operation: "other", node: "user2", service: "n8n", fromVersion: "2.40.0", toVersion: "2.41.3" },
    checkpoint: null,
  });
  await advanceUpgrade(inventory.database, other, { phase: "ended", outcome: "went-back" });
}

async function row() {
  const rows = await instancesOfUpgrade(inventory.database, input.upgrade);
  return rows.find(({ instance }) => instance === "user1-n8n");
}

describe("an upgrade that comes to its end", () => {
  test("keeps what was copied until all instances are moved", async () => {
    expect(await upgrade()).toMatchObject({ outcome: "upgraded" });
    expect(world.copies).toBe(input.upgrade);
    expect(await rollback()).toEqual({ wentBack: false });
    expect([world.copies, world.data, world.running, world.recorded]).toEqual([null, "of 2.41.3", "2.41.3", "2.41.3"]);
    expect(await rollback(2), "again").toEqual({ wentBack: false });
  });
});

describe("an upgrade in which an instance went back", () => {
  test("goes on to its end without an error, for the others to go back", async () => {
    world.fail("instance.prove", new BerthError("instance.unhealthy", "boom"));
    expect(await upgrade()).toMatchObject({ outcome: "went-back", reason: "boom" });
    const before = world.done.length;
    expect(await rollback()).toEqual({ wentBack: true });
    expect(world.done.slice(before), "it has gone back already").toEqual(["record 2.40.0"]);
  });

  test("passes by those whose turn has not come", async () => {
    await anotherFailed();
    expect(await upgrade()).toMatchObject({ outcome: "passed-by" });
    expect(await rollback()).toEqual({ wentBack: false });
    expect([world.done, world.running, await row()]).toEqual([[], "2.40.0", undefined]);
  });

  test("takes back those that were moved, with the data of before, and says so in the fleet's text", async () => {
    await upgrade();
    await anotherFailed();
    const before = world.done.length;
    expect(await rollback()).toEqual({ wentBack: true });
    expect(world.done.slice(before)).toEqual([
      "checkpoint.restore",
      "restore user1_n8n",
      "instance.ensure 2.40.0",
      "checkpoint.remove",
      "remove user1_n8n",
      "record 2.40.0",
    ]);
    expect([world.data, world.running, world.recorded]).toEqual(["of 2.40.0", "2.40.0", "2.40.0"]);
    expect(await row()).toMatchObject({
      phase: "ended",
      outcome: "went-back",
      reason: "rolled back with the upgrade: user2-n8n went back",
    });
  });

  test("converges, whenever the controller is killed on the way back", async () => {
    for (let moment = 0; ; moment += 1) {
      await inventory.close();
      inventory = await openInventory({ file: join(directory, `${moment}.sqlite`) });
      world = fakeWorld(inventory);
      await upgrade();
      await anotherFailed();
      world.dieAt(moment);
      const ended = await Promise.race([rollback().then(() => "ended"), world.died]);
      world.restart();
      if (ended === "died") await rollback();
      expect([world.data, world.running, world.recorded, world.copies], `killed at moment ${moment}`).toEqual([
        ...["of 2.40.0", "2.40.0", "2.40.0"],
        null,
      ]);
      expect(await row()).toMatchObject({ phase: "ended", outcome: "went-back" });
      if (ended === "ended") return expect(moment).toBeGreaterThan(5);
    }
  });

  test("puts back what was cut off before the instance is made to run something else", async () => {
    await upgrade();
    await anotherFailed();
    world.fail("instance.ensure", new BerthError("node.offline", "the node is away"));
    await expect(rollback()).rejects.toMatchObject({ code: "node.offline" });
    expect(world.data).toBe("of 2.40.0");
    await settleEarlier(
      { instance: "user1-n8n", version: "2.40.0" },
      { ...rollbackContext, ...running(), operationId: "next" },
      world.dependencies,
    );
    expect(await row()).toMatchObject({ phase: "ended", outcome: "went-back" });
    expect([world.data, world.copies]).toEqual(["of 2.40.0", null]);
  });
});
