/** How many more tenants fit on a Proxmox VE host. Pure. */
import type { HostCapacity } from "../api/capacity.ts";
import { lxcTemplate } from "./capacity.ts";
import type { Fleet, NodeTemplate, ProxmoxConnection } from "./schema.ts";
import { parseSize } from "./units.ts";

/** What Proxmox VE's own requirements set aside for it and its system. */
export const hostReserve = parseSize("2GiB");

/** What a Proxmox VE host says that it has; sizes in bytes. */
export interface HostResources {
  memoryBytes: number;
  /** Logical CPUs; left out: it does not say. */
  cores?: number | undefined;
  /** LXCs and virtual machines; `node` is the fleet's node that a guest is, if any. */
  guests: readonly { node: string | null; memoryBytes: number }[];
  storage: { totalBytes: number; freeBytes: number };
}

/**
 * A guest counts with all the memory that it may use, running or not: an LXC of the fleet with what the file gives it.
 * Disks count where they are still to be made; thin storages give less than they promise, so what is free now decides.
 */
export function hostCapacity(
  fleet: Fleet,
  proxmox: string,
  connection: ProxmoxConnection,
  resources: HostResources,
): HostCapacity {
  const own = Object.keys(fleet.nodes).filter((name) => fleet.nodes[name]?.proxmox === proxmox);
  const templates = new Map(own.map((name) => [name, lxcTemplate(fleet, name)]));
  const isOwn = (node: string | null): boolean => node !== null && templates.has(node);
  const present = new Set(resources.guests.map(({ node }) => node));
  const fleetBytes = sum([...templates.values()].map((template) => template?.memory ?? 0));
  const otherBytes = sum(resources.guests.map(({ node, memoryBytes }) => (isOwn(node) ? 0 : memoryBytes)));
  const awaitedBytes = sum([...templates].map(([name, template]) => (present.has(name) ? 0 : (template?.disk ?? 0))));
  const { totalBytes, freeBytes } = resources.storage;
  const template = tenantTemplate(fleet, proxmox);
  const left = {
    memory: resources.memoryBytes - hostReserve - fleetBytes - otherBytes,
    disk: freeBytes - awaitedBytes,
  };
  return {
    proxmox,
    node: connection.node,
    memoryBytes: resources.memoryBytes,
    systemBytes: hostReserve,
    fleetBytes,
    otherBytes,
    storage: connection.storage,
    storageBytes: totalBytes,
    storageFreeBytes: freeBytes,
    awaitedBytes,
    template,
    ...moreTenants(template === null ? undefined : fleet.templates[template], left),
  };
}

function moreTenants(
  template: NodeTemplate | undefined,
  left: { memory: number; disk: number },
): Pick<HostCapacity, "moreTenants" | "limitedBy"> {
  if (template === undefined) return { moreTenants: null, limitedBy: null };
  const byMemory = Math.max(0, Math.floor(left.memory / template.memory));
  const byDisk = Math.max(0, Math.floor(left.disk / template.disk));
  return { moreTenants: Math.min(byMemory, byDisk), limitedBy: byMemory <= byDisk ? "memory" : "disk" };
}

/** As `berth tenant add` chooses: that of the last tenant, on this host if there is one; without tenants, 'tenant'. */
function tenantTemplate(fleet: Fleet, proxmox: string): string | null {
  const nodes = Object.values(fleet.tenants)
    .flatMap(({ node }) => fleet.nodes[node] ?? [])
    .filter((node) => node.proxmox !== undefined && node.template !== undefined);
  const model = nodes.findLast((node) => node.proxmox === proxmox) ?? nodes.at(-1);
  return model?.template ?? (fleet.templates["tenant"] === undefined ? null : "tenant");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
