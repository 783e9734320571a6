import type { HostResources } from "@berth/shared/fleet/host-capacity";
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import { nodeOfTags } from "./marker.ts";
import { openSession } from "./session.ts";

const requestMilliseconds = 5000;

/**
 * What the host of a connection has, and what its guests may use: three requests at once, that change nothing. The token
 * sees the guests that it has VM.Audit on. A Proxmox VE that does not answer costs 5 s.
 */
export async function readHostResources(connection: ProxmoxConnection, fleet: string): Promise<HostResources> {
  const session = await openSession(connection, { requestMilliseconds });
  const [{ memory, cpuinfo }, storage, guests] = await Promise.all([
    session.nodeStatus(),
    session.storageStatus(connection.storage),
    session.listCluster(),
  ]);
  return {
    memoryBytes: memory.total,
    cores: cpuinfo?.cpus,
    // Templates never run.
    guests: guests
      .filter(({ node, template }) => node === connection.node && !template)
      .map(({ tags, maxmem }) => ({ node: nodeOfTags(fleet, tags), memoryBytes: maxmem })),
    storage: { totalBytes: storage.total, freeBytes: storage.avail },
  };
}
