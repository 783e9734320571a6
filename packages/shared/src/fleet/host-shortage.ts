/** Whether the fleet's LXCs fit on their Proxmox VE host. Pure. */
import { lxcTemplate } from "./capacity.ts";
import { hostCapacity, type HostResources } from "./host-capacity.ts";
import type { Fleet } from "./schema.ts";
import { roundSize } from "./units.ts";

/** Cores are shared by time: so many on each of the host's are slow, and no longer a matter of taste. */
const mostCoresPerCpu = 4;

/** One sentence with the figures of all that the host has too little of; null: everything fits. */
export function hostShortage(fleet: Fleet, proxmox: string, resources: HostResources): string | null {
  const connection = fleet.proxmox[proxmox];
  if (connection === undefined) return null;
  const capacity = hostCapacity(fleet, proxmox, connection, resources);
  const shortages = [
    ...memoryShortage(capacity),
    ...diskShortage(capacity),
    ...coreShortage(coresOf(fleet, proxmox), resources.cores),
  ];
  if (shortages.length === 0) return null;
  return `the host of Proxmox '${proxmox}' is too small for its LXCs: ${shortages.join("; ")}`;
}

type Capacity = ReturnType<typeof hostCapacity>;

function memoryShortage({ memoryBytes, systemBytes, fleetBytes, otherBytes }: Capacity): string[] {
  const missing = systemBytes + fleetBytes + otherBytes - memoryBytes;
  if (missing <= 0) return [];
  const others = otherBytes === 0 ? "" : `, other guests ${roundSize(otherBytes)}`;
  return [
    `${roundSize(missing)} of memory are missing, since they may use ${roundSize(fleetBytes)}${others} and Proxmox VE ` +
      `itself ${roundSize(systemBytes)}, and it has ${roundSize(memoryBytes)}`,
  ];
}

function diskShortage({ awaitedBytes, storage, storageFreeBytes }: Capacity): string[] {
  const missing = awaitedBytes - storageFreeBytes;
  if (missing <= 0) return [];
  return [
    `${roundSize(missing)} of disk are missing, since those still to be made take ${roundSize(awaitedBytes)}, and storage ` +
      `'${storage}' has ${roundSize(storageFreeBytes)} free`,
  ];
}

function coreShortage(cores: number, cpus: number | undefined): string[] {
  if (cpus === undefined || cores <= mostCoresPerCpu * cpus) return [];
  return [`they have ${cores} cores together, and it has ${cpus}`];
}

function coresOf(fleet: Fleet, proxmox: string): number {
  const own = Object.keys(fleet.nodes).filter((name) => fleet.nodes[name]?.proxmox === proxmox);
  return own.reduce((total, name) => total + (lxcTemplate(fleet, name)?.cores ?? 0), 0);
}
