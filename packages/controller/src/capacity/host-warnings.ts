/** What a plan says of Proxmox VE hosts that are too small for the LXCs that it makes. */
import type { HostResources } from "@berth/shared/fleet/host-capacity";
import { hostShortage } from "@berth/shared/fleet/host-shortage";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";

/**
 * A sentence for each host. Only those are asked whose LXCs the plan makes or changes, all at once; one that does not say
 * what it has is none that is known to be too small.
 */
export async function hostWarnings(
  fleet: Fleet,
  operations: readonly PlannedOperation[],
  hostResources: (fleet: Fleet, proxmox: string) => Promise<HostResources>,
): Promise<string[]> {
  const concerned = operations.flatMap((operation) => {
    if (operation.kind !== "lxc.ensure" || !["create", "update"].includes(operation.change)) return [];
    return [operation.input.proxmox];
  });
  const found = await Promise.all(
    [...new Set(concerned)].map(async (proxmox) => {
      const resources = await hostResources(fleet, proxmox).catch(() => null);
      return resources === null ? null : hostShortage(fleet, proxmox, resources);
    }),
  );
  return found.filter((sentence) => sentence !== null);
}
