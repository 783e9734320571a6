import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { readRun, updateRun, updateStep, type StepRecord } from "../inventory/runs.ts";
import { createRun } from "../runs/store.ts";
import { findUnfinishedRemoval } from "./unfinished-removal.ts";

let directory: string;
let inventory: Inventory;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-removal-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
});

afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
});

const common = { node: null, target: "user4", reason: "its tenant is removed", change: "remove" } as const;
const removal: PlannedOperation[] = [
  { ...common, id: "lxc.remove/user4", kind: "lxc.remove", after: [], input: { node: "user4", proxmox: "pve" } },
  {
    ...common,
    id: "secrets.remove/user4",
    kind: "secrets.remove",
    after: ["lxc.remove/user4"],
    input: { tenant: "user4", owners: ["user4"] },
  },
];
const look: PlannedOperation = {
  ...common,
  id: "tenant.verify/user4",
  kind: "tenant.verify",
  after: [],
  input: { tenant: "user4" },
};

/** A run that has ended, its steps in these states. */
async function ended(operations: PlannedOperation[], ...states: StepRecord["state"][]): Promise<number> {
  const plan = { operations: operations.map((operation) => ({ ...operation, input: { ...operation.input } })) };
  const run = await createRun(inventory, { plan: { ...plan, warnings: [] }, kind: "test", account: "anna" });
  for (const [index, step] of run.steps.entries()) {
    await updateStep(inventory.database, run.id, { ...step, state: states[index] ?? "succeeded" });
  }
  await updateRun(inventory.database, { ...run, state: states.includes("failed") ? "failed" : "succeeded" });
  return run.id;
}

const left = async () => findUnfinishedRemoval(inventory.database, "user4");

test("what a removal has left is found, also behind later runs of others", async () => {
  const run = await ended(removal, "succeeded", "failed");
  await ended([{ ...look, target: "user1", id: "tenant.verify/user1", input: { tenant: "user1" } }]);
  expect(await left()).toEqual({ run, operations: [removal[1]] });
  expect((await readRun(inventory.database, run))?.state).toBe("failed");
});

test("nothing is left of a removal that came to its end, or where there was none", async () => {
  expect(await left()).toBeNull();
  await ended(removal);
  expect(await left()).toBeNull();
});

test("a removal is over once the tenant was taken in again: what was kept then is not to go", async () => {
  await ended(removal, "failed", "skipped");
  await ended([look]);
  expect(await left()).toBeNull();
});
