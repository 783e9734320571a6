import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import { setInFleet } from "@berth/shared/fleet/edit";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { openSecrets } from "../secrets/open.ts";
import { createStops, type Stops } from "../stops/stop-control.ts";
import { createFleetControl, type FleetControl } from "./apply.ts";
import { createFleetSecrets } from "./fleet-secrets.ts";
import { createFleetStore, type FleetStore } from "./fleet-store.ts";

let directory: string;
let inventory: Inventory;
let store: FleetStore;
let control: FleetControl;
let stops: Stops;
const example = await readFile(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
const file = (yaml: string) => ({ yaml, file: "fleet.yaml", prune: false });
const by = { account: "anna", dryRun: false };

/** Nothing exists and no run is carried out: what is tested is what is written and refused. */
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-suspended-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  store = createFleetStore(inventory.database, catalog);
  control = createFleetControl({
    ...{ inventory, catalog, store },
    settings: { registryMirror: null, agentVersion: "0.1.0", controllerCa: "CA" },
    secrets: createFleetSecrets(await openSecrets({ inventory, key: Buffer.alloc(32, 1) })),
    sources: () => ({
      lxcs: async () => new Map(),
      node: async () => null,
      needs: async () => new Map(),
      specifications: async () => new Map(),
    }),
    seenAddress: () => null,
    lookUpImages: async () => new Map(),
    newUpgradeId: (service) => `${service}-1`,
    hostResources: () => Promise.reject(new Error("no host")),
    runUnderWay: () => null,
    startRun: async () => null,
    onChange: () => undefined,
  });
  stops = createStops({ control, catalogOf: () => catalog });
  await control.apply(file(example), "admin");
});

afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
});

test.each([
  ["user2-n8n", "tenants.user2.services.n8n.suspended"],
  ["shared-ollama", "services.shared.ollama.suspended"],
])("%s that was stopped stays so when the file is applied again, until it is started", async (instance, path) => {
  await stops.stop([instance], by);
  const { warnings, operations } = await control.plan(file(example));
  expect(warnings).toContain(`${path} is not in fleet.yaml and stays as it is; \`berth start ${instance}\` ends it`);
  expect(operations.map(({ target }) => target)).not.toContain(instance);
  await control.apply(file(example), "admin");
  expect((await store.current())?.yaml).toBe(setInFleet(example, path.split("."), true));
  await stops.start([instance], by);
  expect((await control.plan(file(example))).operations.map(({ target }) => target)).toContain(instance);
  expect((await control.plan(file(example))).warnings.join()).not.toContain("suspended");
});

test("a file that suspends what something needs is refused where it says so", async () => {
  const needed = setInFleet(example, ["services", "shared", "postgres", "suspended"], true);
  await expect(control.plan(file(needed))).rejects.toMatchObject({
    problems: [
      {
        path: "services.shared.postgres.suspended",
        message: expect.stringMatching(/^'postgres' cannot be suspended: .*user1-n8n.* need it and would run$/),
      },
    ],
  });
});
