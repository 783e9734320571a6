/** What the API tells of capacity, made of the store, the agents' facts and the Proxmox VE hosts. */
import type { Status } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import type { CapacityApi } from "../api/capacity.ts";
import { locateProxmox } from "../apply/locate.ts";
import { readCapacity, type CapacityDependencies } from "../capacity/read-capacity.ts";
import { readHostResources } from "../provision/proxmox/host-resources.ts";
import type { Controller } from "./open-controller.ts";

export function createCapacityApi({ store, options }: Controller, status: () => Promise<Status>): CapacityApi {
  const dependencies: CapacityDependencies = {
    builtIn: catalog,
    factsOf: async (fleet) => {
      const present = await status();
      // Nodes of another fleet's file may have the same names.
      const nodes = present.fleet === fleet.fleet ? present.nodes : [];
      const facts = new Map(nodes.map((node) => [node.name, node.facts]));
      return (node) => facts.get(node) ?? null;
    },
    hostResources: (fleet, proxmox) =>
      readHostResources(locateProxmox(fleet, proxmox, options.configurationDirectory), fleet.fleet),
  };
  return {
    present: async () => readCapacity(await store.require(), dependencies),
    ofFile: ({ yaml, file }) => readCapacity(store.parse(yaml, file), dependencies),
  };
}
