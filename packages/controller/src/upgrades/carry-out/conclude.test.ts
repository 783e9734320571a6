import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Inventory } from "../../inventory/database.ts";
import { openInventory } from "../../inventory/open.ts";
import { advanceUpgrade, beginUpgrade, type UpgradeOutcome } from "../../inventory/upgrades.ts";
import { createUpgradeConcludeHandler } from "./conclude.ts";

const upgrade = "n8n-20261129-121500-3f2a";

let directory: string;
let inventory: Inventory;
let concluded: string[];
let lines: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-conclude-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  [concluded, lines] = [[], []];
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

async function moved(instance: string, outcome: UpgradeOutcome | null, of = upgrade): Promise<void> {
  await beginUpgrade(inventory.database, {
    ...{ upgrade: of, instance, operation: `operation of ${instance}`, node: "user1", service: "n8n" },
    ...{ fromVersion: "2.41.1", toVersion: "2.42.0", checkpoint: null },
  });
  if (outcome !== null)
    await advanceUpgrade(inventory.database, { upgrade: of, instance }, { phase: "ended", outcome });
}

function conclude(...instances: string[]) {
  const handler = createUpgradeConcludeHandler({
    inventory,
    concludeVersion: async ({ service, version }) => void concluded.push(`${service} ${version}`),
  });
  return handler({
    ...{ operationId: "operation", attempt: 1, node: null, deadlineSeconds: 60 },
    input: { upgrade, service: "n8n", version: "2.42.0", instances },
    log: (line) => void lines.push(line),
    signal: new AbortController().signal,
  });
}

test("where all instances have come to it, the version is that of the service", async () => {
  await moved("user1-n8n", "upgraded");
  await moved("user2-n8n", "upgraded");
  expect(await conclude("user1-n8n", "user2-n8n")).toEqual({ upgraded: 2, wentBack: 0 });
  expect([concluded, lines]).toEqual([["n8n 2.42.0"], ["2 instances run n8n 2.42.0"]]);
});

test("called again, as after a restart of the controller, it comes to the same", async () => {
  await moved("user1-n8n", "upgraded");
  const first = await conclude("user1-n8n");
  expect(await conclude("user1-n8n")).toEqual(first);
  expect(lines).toEqual(["1 instance runs n8n 2.42.0", "1 instance runs n8n 2.42.0"]);
});

test("one that went back keeps the service at its version, and is named with what to do", async () => {
  await moved("user1-n8n", "upgraded");
  await moved("user2-n8n", "went-back");
  await expect(conclude("user1-n8n", "user2-n8n")).rejects.toMatchObject({
    code: "run.failed",
    message: "1 of 2 instances run n8n 2.42.0; user2-n8n runs what ran before",
    hint: "Once repaired, `berth upgrade n8n --to 2.42.0 --retry` moves those that are left.",
  });
  expect(concluded).toEqual([]);
});

test("what came to no end, or to none in this upgrade, does not count as upgraded", async () => {
  await moved("user1-n8n", null);
  await moved("user2-n8n", "upgraded", "n8n-20261120-030000-11aa");
  await expect(conclude("user1-n8n", "user2-n8n")).rejects.toThrow("0 of 2 instances run n8n 2.42.0");
  expect(concluded).toEqual([]);
});

test("one that the upgrade moved and does not ask about changes nothing", async () => {
  await moved("user1-n8n", "upgraded");
  await moved("user9-n8n", "went-back");
  expect(await conclude("user1-n8n")).toEqual({ upgraded: 1, wentBack: 0 });
});
