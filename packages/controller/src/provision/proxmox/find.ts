/** Which LXC is a node's. Finding it wrong would make a second one with the same address, so every doubt is an error. */
import { BerthError } from "@berth/shared/errors";
import type { Marker } from "./marker.ts";
import type { LxcEntry } from "./schemas.ts";
import type { ProxmoxSession } from "./session.ts";

export interface Sought {
  node: string;
  /** VMID that the fleet names, or null. */
  vmid: number | null;
  marker: Marker;
}

/** The node's LXC, or null when there is none. Throws `conflict` when it cannot be told or the VMID is another's. */
export async function findLxc(session: ProxmoxSession, entries: LxcEntry[], sought: Sought): Promise<LxcEntry | null> {
  const { node, vmid, marker } = sought;
  const tagged = entries.filter((entry) => marker.isIn({ tags: entry.tags }));
  const own = tagged.length > 0 ? tagged : await untagged(session, entries, sought);
  if (vmid === null) {
    if (own.length > 1) throw ambiguous(node, own, marker);
    return own[0] ?? null;
  }
  const named = own.find((entry) => entry.vmid === vmid);
  if (named !== undefined) return named;
  if (own[0] !== undefined) {
    throw new BerthError("conflict", `Node ${node} has CT ${own[0].vmid}, but the fleet says vmid: ${vmid}`, {
      hint: `Write vmid: ${own[0].vmid} in fleet.yaml, or remove the node first to have it made again.`,
    });
  }
  const foreign = entries.find((entry) => entry.vmid === vmid);
  // While it is being made an LXC has a lock and nothing else yet.
  if (foreign !== undefined && foreign.lock !== "create") throw notOurs(vmid, foreign.name, node, marker);
  return null;
}

/** LXCs that have lost their tag but not their description; only those that could be meant are looked at. */
async function untagged(session: ProxmoxSession, entries: LxcEntry[], sought: Sought): Promise<LxcEntry[]> {
  const candidates = entries.filter(
    (entry) => entry.lock !== "create" && (entry.vmid === sought.vmid || entry.name === sought.node),
  );
  const configs = await Promise.all(candidates.map((entry) => session.config(entry.vmid)));
  return candidates.filter((_, index) => {
    const config = configs[index];
    return config !== undefined && sought.marker.isIn(config);
  });
}

/** Throws `conflict` when the node's LXC was moved to another node of the cluster. */
export async function refuseElsewhere(session: ProxmoxSession, here: string, { node, marker }: Sought): Promise<void> {
  const guests = await session.listCluster();
  const moved = guests.find((guest) => guest.node !== here && guest.type === "lxc" && marker.isIn(guest));
  if (moved === undefined) return;
  throw new BerthError(
    "conflict",
    `CT ${moved.vmid} of node ${node} is on ${moved.node} of the cluster, not on ${here}`,
    {
      hint: `Move it back, or give ${node} a proxmox connection with node: ${moved.node} in fleet.yaml.`,
    },
  );
}

export function notOurs(vmid: number, name: string, node: string, marker: Marker): BerthError {
  const owner = name === "" ? "another guest" : `another guest, ${name}`;
  return new BerthError("conflict", `VMID ${vmid}, which the fleet gives to node ${node}, belongs to ${owner}`, {
    hint: `Choose another vmid in fleet.yaml; if that LXC is meant, give it the tag ${marker.tag}.`,
  });
}

function ambiguous(node: string, own: LxcEntry[], marker: Marker): BerthError {
  const vmids = own.map((entry) => entry.vmid).join(", ");
  return new BerthError("conflict", `CTs ${vmids} all carry the marker of node ${node}`, {
    hint: `Take the tag ${marker.tag} from the copies, or name the right one as vmid in fleet.yaml.`,
  });
}
