import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Inventory } from "../inventory/database.ts";
import { listInstances } from "../inventory/instances.ts";
import { openInventory } from "../inventory/open.ts";
import { listSpecifications } from "../inventory/specifications.ts";
import { createFleetControl, type FleetControl } from "./apply.ts";
import { createFleetStore } from "./fleet-store.ts";

let directory: string;
let inventory: Inventory;
let control: FleetControl;
let runUnderWay: number | null;
let example: string;

/** Nothing exists and no run is carried out: what is tested is what is planned, written and refused. */
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-apply-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  example = await readFile(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
  runUnderWay = null;
  control = createFleetControl({
    inventory,
    catalog,
    store: createFleetStore(inventory.database, catalog),
    settings: { registryMirror: null, agentVersion: "0.1.0" },
    secrets: { secretVersion: () => 1, givenSecret: () => null, ensure: () => Promise.resolve() },
    sources: () => ({
      lxcs: () => Promise.resolve(new Map()),
      node: () => Promise.resolve(null),
      needs: () => Promise.resolve(new Map()),
      specifications: () => listSpecifications(inventory.database),
    }),
    seenAddress: () => null,
    runUnderWay: () => runUnderWay,
    startRun: () => Promise.resolve(null),
    onChange: () => undefined,
  });
});

afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
});

const file = (yaml: string) => ({ yaml, file: "fleet.yaml", prune: false });

test("a file for another fleet is refused, also for a plan, and nothing of it is kept", async () => {
  await control.apply(file(example), "admin");
  const other = file(example.replace("fleet: valuechain", "fleet: other"));
  for (const attempt of [control.plan(other), control.apply(other, "admin")]) {
    await expect(attempt).rejects.toMatchObject({
      code: "conflict",
      message: "fleet.yaml is for the fleet 'other', and this controller runs 'valuechain'",
    });
  }
  expect((await control.plan(file(example))).warnings).toEqual([]);
});

test("a new address of the controller is told to change nothing for agents that are there", async () => {
  await control.apply(file(example), "admin");
  const { warnings } = await control.plan(file(example.replace("address: 10.0.6.1\n", "address: 10.0.6.99\n")));
  expect(warnings).toEqual([
    "controller.address is for nodes that join from now on; agents that are there go on to connect to 10.0.6.1:8421",
  ]);
});

test("a plan beside a run says so", async () => {
  runUnderWay = 7;
  expect((await control.plan(file(example))).warnings).toEqual([
    "run 7 is under way: what it has not done yet is in this plan, too",
  ]);
});

test("what instances are made of is on record, of each the newest and what was last seen", async () => {
  const recorded = async () => [...(await listSpecifications(inventory.database)).values()];
  await control.apply(file(example), "admin");
  expect(await recorded()).toHaveLength(19);
  const [first] = (await recorded()).filter(({ instance }) => instance === "user1-n8n");
  await inventory.database
    .updateTable("instances")
    .set({ observedHash: first?.hash ?? "" })
    .where("name", "=", "user1-n8n")
    .execute();
  for (const version of ["2.40.0", "2.40.1"]) {
    await control.apply(file(example.replace(/^    n8n:.*$/m, `    n8n: { version: ${version} }`)), "admin");
  }
  const versions = (await recorded()).filter(({ instance }) => instance === "user1-n8n").map(({ version }) => version);
  expect(versions.toSorted()).toEqual(["2.40.1", first?.version]);
  expect(await listInstances(inventory.database)).toHaveLength(19);
});
