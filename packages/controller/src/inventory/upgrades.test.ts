import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Inventory, Queryable } from "./database.ts";
import { openInventory } from "./open.ts";
import {
  advanceUpgrade,
  beginUpgrade,
  failuresAt,
  forgetUpgrades,
  instancesOfUpgrade,
  listUpgradeInstances,
  unfinishedUpgrades,
} from "./upgrades.ts";

let directory: string;
let inventory: Inventory;
let database: Queryable;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-upgrades-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  ({ database } = inventory);
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

const begun = (instance: string, upgrade = "n8n-1") => ({
  upgrade,
  instance,
  operation: `operation of ${instance}`,
  node: "user1",
  service: "n8n",
  fromVersion: "2.40.0",
  toVersion: "2.41.3",
  checkpoint: {
    volumes: [`${instance}-data`],
    databases: [{ server: "shared-postgres", database: "user1_n8n" }],
  },
});

test("an instance is begun once, and says from then on how far it is", async () => {
  const first = await beginUpgrade(database, begun("user1-n8n"));
  expect(first).toMatchObject({ ...begun("user1-n8n"), phase: "begun", outcome: null, gapMilliseconds: null });
  await advanceUpgrade(database, first, { phase: "trying", stoppedAt: "2026-11-29T12:00:00.000Z" });
  const again = await beginUpgrade(database, { ...begun("user1-n8n"), operation: "another" });
  expect(again).toMatchObject({ phase: "trying", operation: "operation of user1-n8n", startedAt: first.startedAt });
});

test("tells what is unfinished, of an upgrade, what failed at a version, and the newest", async () => {
  for (const instance of ["user1-n8n", "user2-n8n"]) await beginUpgrade(database, begun(instance));
  const [one, other] = await instancesOfUpgrade(database, "n8n-1");
  if (one === undefined || other === undefined) throw new Error("Two were begun");
  await advanceUpgrade(database, one, { phase: "ended", outcome: "went-back", reason: "it did not become healthy" });
  expect((await unfinishedUpgrades(database)).map(({ instance }) => instance)).toEqual(["user2-n8n"]);
  expect(await unfinishedUpgrades(database, "user1-n8n")).toEqual([]);
  expect((await failuresAt(database, "user1-n8n", "2.41.3")).map(({ reason }) => reason)).toEqual([
    "it did not become healthy",
  ]);
  expect(await failuresAt(database, "user1-n8n", "2.41.4")).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await beginUpgrade(database, begun("user1-n8n", "n8n-2"));
  expect((await listUpgradeInstances(database)).map(({ upgrade }) => upgrade)).toEqual(["n8n-2", "n8n-1", "n8n-1"]);
  await forgetUpgrades(database, "user1-n8n");
  expect((await listUpgradeInstances(database)).map(({ instance }) => instance)).toEqual(["user2-n8n"]);
});
