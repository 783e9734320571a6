/**
 * Gives the state of a controller a fleet file with its nodes and a tenant, and 13 months of what that tenant's containers
 * used. For `berth bench`: STATE-DIRECTORY, the file of what runs on which node, TENANT; its node is the first.
 */
import { readFileSync } from "node:fs";
import { saveFleet } from "../../inventory/fleet.ts";
import { openInventory } from "../../inventory/open.ts";
import { putTenant } from "../../inventory/tenants.ts";
import { startOf } from "../../metrics/history/gathered.ts";
import { fillHistory } from "../../metrics/history/testing/fill.ts";
import { statePaths } from "../options.ts";

interface SimulatedNode {
  node: string;
  instances: { name: string; containers: string[] }[];
}

const [stateDirectory = "", layoutFile = "", tenant = ""] = process.argv.slice(2);
const paths = statePaths(stateDirectory);
const layout = JSON.parse(readFileSync(layoutFile, "utf8")) as SimulatedNode[];
const [first] = layout;
if (first === undefined) throw new Error("There is no node to put the tenant on");
const fleet = {
  ...{ fleet: "bench", domain: "bench.test", controller: { address: "127.0.0.1" } },
  nodes: Object.fromEntries(layout.map(({ node }, index) => [node, { address: `127.0.1.${index + 1}` }])),
  tenants: { [tenant]: { node: first.node } },
};
const inventory = await openInventory({ file: paths.inventory });
await saveFleet(inventory.database, { file: "fleet.yaml", yaml: JSON.stringify(fleet, null, 2), account: "admin" });
await putTenant(inventory.database, { name: tenant, node: first.node });
await inventory.close();
fillHistory(
  paths.metrics,
  first.instances.flatMap(({ name, containers }) =>
    containers.map((container) => ({ node: first.node, container, instance: name })),
  ),
  startOf(Date.now(), 900_000),
);
