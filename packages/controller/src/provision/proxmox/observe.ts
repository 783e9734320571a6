import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import { nodeOfTags } from "./marker.ts";
import { openSession } from "./session.ts";
import { observedLxc } from "./specification.ts";

export interface ObservedNodeLxc {
  node: string;
  vmid: number;
  status: "running" | "stopped";
  /** Null: all of the host's. */
  cores: number | null;
  memoryBytes: number;
  swapBytes: number;
  /** Null where the storage does not say. */
  diskBytes: number | null;
  features: string[];
  address: string | null;
}

const requestMilliseconds = 5000;

/**
 * The fleet's LXCs as this connection has them: one request for the list and, all at once, one for each of them. LXCs
 * still in creation are left out. A Proxmox VE that does not answer costs 5 s a request at most.
 */
export async function observeLxcs(
  connection: ProxmoxConnection,
  fleet: string,
  signal?: AbortSignal,
): Promise<ObservedNodeLxc[]> {
  const session = await openSession(connection, {
    requestMilliseconds,
    ...(signal === undefined ? {} : { signal }),
  });
  const own = (await session.list()).flatMap((entry) => {
    const node = nodeOfTags(fleet, entry.tags);
    return node === null || entry.lock === "create" ? [] : [{ ...entry, node }];
  });
  return Promise.all(
    own.map(async ({ vmid, node, status }) => ({
      node,
      vmid,
      status: status === "running" ? "running" : "stopped",
      ...observedLxc(await session.config(vmid)),
    })),
  );
}
