import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { guestInit, lxcfsDirectoryOf } from "./containers/lifecycle.ts";
import { findLongLived } from "./host/processes.ts";
import { parsePropertyString } from "./proxmox/formats.ts";
import { GuestStore } from "./proxmox/guest-store.ts";
import { proxmoxNode } from "./proxmox/service.ts";
import { listRelays, type Relay } from "./relay/service.ts";
import { loadLab } from "./state.ts";

export interface GuestStatus {
  vmid: number;
  hostname: string;
  address: string | undefined;
  state: "running" | "stopped";
}

export interface LabStatus {
  name: string;
  namespace: string;
  processes: Record<string, "running" | "stopped">;
  guests: GuestStatus[];
  relays: Relay[];
  /** The same for people, a line each. */
  lines: string[];
}

/** What of a lab runs right now. */
export async function describeLab(name: string): Promise<LabStatus> {
  const { stateDirectory, namespace } = await loadLab(name);
  const guestsDirectory = join(stateDirectory, "guests");
  const host = { cgroup: namespace, namespace, guestsDirectory, lxcfsDirectory: lxcfsDirectoryOf(guestsDirectory) };
  const store = new GuestStore(proxmoxNode, join(stateDirectory, "proxmox", "lxc"));
  const guests: GuestStatus[] = [];
  for (const vmid of await store.list()) {
    const { config } = await store.load(vmid);
    const address = config.net0 === undefined ? undefined : parsePropertyString(config.net0).get("ip");
    const state = (await guestInit(host, vmid)) === undefined ? "stopped" : "running";
    guests.push({ vmid, hostname: config.hostname, address, state });
  }
  const processes: LabStatus["processes"] = {};
  for (const process of ["lxcfs", "proxmox", "registry", "controller", "router", "backup-target"]) {
    processes[process] = (await findLongLived(stateDirectory, process)) === undefined ? "stopped" : "running";
  }
  const relays = await listRelays(stateDirectory);
  const lines = [
    `namespace ${namespace}`,
    ...Object.entries(processes).map(([process, state]) => `${process} ${state}`),
    ...(processes["controller"] === "running"
      ? []
      : ["No controller runs: `./berth status` and the page do not answer."]),
    ...relays.map((relay) => `127.0.0.1:${relay.port} leads to ${relay.socketPath}`),
    ...guests.map((guest) => `LXC ${guest.vmid} ${guest.hostname} ${guest.address ?? "-"} ${guest.state}`),
  ];
  return { name, namespace, processes, guests, relays, lines };
}

/** The LXC of that host name or address, with its address alone. */
export async function findGuest(name: string, node: string): Promise<{ hostname: string; address: string }> {
  const { guests } = await describeLab(name);
  for (const { hostname, address: network } of guests) {
    const address = network?.split("/")[0];
    if (address !== undefined && (hostname === node || address === node)) return { hostname, address };
  }
  const names = guests.map(({ hostname }) => hostname).join(", ");
  throw new BerthError("not-found", `Lab ${name} has no LXC ${node}`, {
    hint: names === "" ? "It has none yet." : `It has ${names}.`,
  });
}
