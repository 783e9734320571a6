import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { catalog } from "@berth/shared/catalog/index";
import { BerthError } from "@berth/shared/errors";
import { createFleetStore } from "../apply/fleet-store.ts";
import { recordFleet } from "../apply/record.ts";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { exampleDesired } from "../plan/test-fixtures.ts";
import { createRun, endRun } from "../runs/store.ts";
import { planRotation } from "./plan-rotation.ts";
import { createLoginRetirement, type RetireLeftLogins } from "./retire-left-logins.ts";
import { rotationKind } from "./untaken.ts";

const yaml = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
const rule = { length: 32, alphabet: "alphanumeric" } as const;
/** The example, with every secret in its first version: what the rotations of these tests come back to. */
const present = exampleDesired();
let directory: string;
let inventory: Inventory;
let retireLeftLogins: RetireLeftLogins;
/** Hash of what the node says that it runs as user1-n8n. */
let observed: string | undefined;
/** Logins that were kept when all others of their databases were ended. */
let kept: (string | undefined)[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-retirement-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  const store = createFleetStore(inventory.database, catalog);
  const record = {
    file: "fleet.yaml",
    yaml,
    account: "anna",
    fleet: store.parse(yaml, "fleet.yaml"),
    desired: present,
  };
  await inventory.database.transaction().execute((transaction) => recordFleet(transaction, record));
  observed = present.instances.find(({ spec }) => spec.instance === "user1-n8n")?.spec.hash;
  kept = [];
  retireLeftLogins = createLoginRetirement({
    inventory,
    store,
    desired: () => present,
    exclusively: (work) => work(),
    observedHash: async () => observed,
    retire: async (_, need) => void kept.push(need.login ?? need.role),
  });
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

async function begin(name: string): Promise<number> {
  const means = name === "user1-n8n/database" ? ("login" as const) : ("replace" as const);
  const after = exampleDesired({ secretVersion: (other) => (other === name ? 2 : 1) });
  const operations = planRotation("user1-n8n", [{ name, version: 2, means, rule }], after);
  const plan = { operations, warnings: [] };
  return (await createRun(inventory, { plan, kind: rotationKind, account: "anna" })).id;
}

async function fail(name: string): Promise<number> {
  const id = await begin(name);
  await endRun(inventory, id, new BerthError("cancelled", "It did not come to its end"));
  return id;
}

const look = (run: number) => retireLeftLogins(run, new AbortController().signal);

test("every login but the present is ended, as often as it is asked for", async () => {
  const run = await fail("user1-n8n/database");
  await look(run);
  await look(run);
  expect(kept).toEqual(["user1_n8n", "user1_n8n"]);
});

test.each(["the hash of what came up late", undefined])("none is when the node runs %s", async (hash) => {
  observed = hash;
  await look(await fail("user1-n8n/database"));
  expect(kept).toEqual([]);
});

test("none is while a run is under way, which may be making the next", async () => {
  const run = await fail("user1-n8n/database");
  await begin("user1-n8n/database");
  await look(run);
  expect(kept).toEqual([]);
});

test("none is after a rotation that changed no login", async () => {
  await look(await fail("user1-n8n/jwtSecret"));
  expect(kept).toEqual([]);
});

test("none is of a rotation that goes on, and of a run that is none or is not there", async () => {
  await look(await begin("user1-n8n/database"));
  await look(4711);
  expect(kept).toEqual([]);
});
