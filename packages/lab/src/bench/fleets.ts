/** Fleet files of the benchmarks that need one node only. JSON is YAML. */
import { catalog } from "@berth/shared/catalog/index";
import type { FleetInput } from "@berth/shared/fleet/schema";
import type { BenchFleet } from "./fleet.ts";

/** The node of tenant user1 in the example, so that four LXCs serve all benchmarks. */
export const node = { name: "user1", address: "10.0.6.11" } as const;

const domain = "valuechainhackers.xyz";

/** The node, ready, with nothing on it. */
const ready: FleetInput = {
  fleet: "valuechain",
  domain,
  controller: { address: "10.0.6.1" },
  // What a benchmark does by hand is not to be mended.
  drift: "report",
  proxmox: {
    pve: {
      host: "10.0.6.1",
      node: "pve",
      caFile: "proxmox/ca.pem",
      tokenId: "berth@pve!controller",
      tokenSecretFile: "proxmox/token",
      osTemplate: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
      gateway: "10.0.6.1",
    },
  },
  templates: { tenant: { cores: 2, memory: "4GiB", disk: "20GiB" } },
  nodes: { [node.name]: { address: node.address, proxmox: "pve", template: "tenant" } },
};

/** What stands on the node when a tenant has it: services that start in a second, so that Berth's own part shows. */
const deployed: FleetInput = {
  ...ready,
  tenants: { [node.name]: { node: node.name } },
  services: {
    shared: { postgres: { node: node.name }, redis: { node: node.name } },
    tenant: { openwebui: {} },
  },
};

/** The node with nothing on it, whatever was before; the node is made when it is missing. */
export async function applyReady(fleet: BenchFleet): Promise<void> {
  await fleet.apply(JSON.stringify(ready), "--prune");
}

export function applyDeployed(fleet: BenchFleet): ReturnType<BenchFleet["apply"]> {
  return fleet.apply(JSON.stringify(deployed), "--prune");
}

export const backupDirectory = "/srv/berth-bench";

/** A node with a database worth backing up, and a directory of its own to keep backups in. */
const backedUp: FleetInput = {
  ...ready,
  tenants: { [node.name]: { node: node.name } },
  services: { shared: { postgres: { node: node.name } }, tenant: { n8n: {} } },
  backups: { target: { directory: backupDirectory }, schedule: "0 2 29 2 *" },
};

export async function applyBackedUp(fleet: BenchFleet): Promise<void> {
  await fleet.apply(JSON.stringify(backedUp), "--prune");
  await (await fleet.guest(node.address)).run(["mkdir", "--parents", backupDirectory]);
}

/** One instance on a version of its own, with a route to it. */
export async function applyUpgradable(fleet: BenchFleet, service: string, version: string): Promise<void> {
  const isShared = catalog.get(service)?.scope === "shared";
  const postgres = { node: node.name };
  const upgradable: FleetInput = {
    ...ready,
    routes: { router: { address: "10.0.4.10", caFile: "router/ca.pem" } },
    tenants: { [node.name]: { node: node.name } },
    services: isShared
      ? { shared: { postgres, [service]: { node: node.name, version } } }
      : { shared: { postgres }, tenant: { [service]: { version } } },
  };
  await fleet.apply(JSON.stringify(upgradable), "--prune");
}

interface TenantNode {
  name: string;
  address: string;
}

/** LXCs that stay until the lab goes: the benchmarks that want some have the same ones. */
export function tenantNodes(count: number): TenantNode[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `tenant${index + 1}`,
    address: `10.0.6.${101 + index}`,
  }));
}

/** So many LXCs, and an instance of each service for so many tenants on the first of them. */
function onTenantNodes(counts: { nodes: number; tenants: number }): FleetInput {
  const nodes = tenantNodes(counts.nodes).map(({ name, address }) => {
    return [name, { address, proxmox: "pve", template: "small" }] as const;
  });
  return {
    ...ready,
    templates: { ...ready.templates, small: { cores: 2, memory: "2GiB", disk: "20GiB" } },
    nodes: { ...ready.nodes, ...Object.fromEntries(nodes) },
    tenants: Object.fromEntries(tenantNodes(counts.tenants).map(({ name }) => [name, { node: name }])),
  };
}

/** Many tenants, each with an Open WebUI on an LXC of its own. */
export async function applyMany(fleet: BenchFleet, version: string, count: number): Promise<void> {
  const many: FleetInput = {
    ...onTenantNodes({ nodes: count, tenants: count }),
    services: { tenant: { openwebui: { version, memory: "256MiB" } } },
  };
  await fleet.apply(JSON.stringify(many), "--prune");
}

/** So many of them with an Open WebUI and an n8n, whose databases are on one server. */
export function applyTenants(
  fleet: BenchFleet,
  counts: { nodes: number; tenants: number },
): ReturnType<BenchFleet["apply"]> {
  const made: FleetInput = {
    ...onTenantNodes(counts),
    services: { shared: { postgres: { node: node.name } }, tenant: { openwebui: { memory: "256MiB" }, n8n: {} } },
  };
  return fleet.apply(JSON.stringify(made), "--prune");
}
