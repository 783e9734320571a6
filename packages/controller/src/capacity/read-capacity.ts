/** A fleet's capacity, with what agents and Proxmox VE hosts say right now. Changes nothing. */
import type { Capacity } from "@berth/shared/api/capacity";
import type { Catalog } from "@berth/shared/catalog/schema";
import { toBerthError } from "@berth/shared/errors";
import { capacityReport, type KnownResources } from "@berth/shared/fleet/capacity-report";
import type { HostResources } from "@berth/shared/fleet/host-capacity";
import type { Fleet } from "@berth/shared/fleet/schema";

export interface CapacityDependencies {
  builtIn: Catalog;
  /** What the agents of this fleet told of their hosts. */
  factsOf: (fleet: Fleet) => Promise<KnownResources["factsOf"]>;
  /** What the host of a Proxmox connection has. @throws BerthError when it does not say. */
  hostResources: (fleet: Fleet, proxmox: string) => Promise<HostResources>;
}

export async function readCapacity(
  fleet: Fleet,
  { builtIn, factsOf, hostResources }: CapacityDependencies,
): Promise<Capacity> {
  const asked = Object.keys(fleet.proxmox).map(async (proxmox) => {
    const answer = await hostResources(fleet, proxmox).catch((error: unknown) => ({
      reason: toBerthError(error, "proxmox.failed").message,
    }));
    return [proxmox, answer] as const;
  });
  return capacityReport(fleet, builtIn, { factsOf: await factsOf(fleet), hosts: new Map(await Promise.all(asked)) });
}
