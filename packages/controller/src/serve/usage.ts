/** What tenants use, wired: the needs of the fleet and the stores that meet them. */
import type { Status } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import { awake } from "@berth/shared/fleet/awake";
import { placements } from "@berth/shared/fleet/instances";
import { createUsage, type UsageRoom } from "../usage/usage.ts";
import type { Controller } from "./open-controller.ts";
import { rememberLast } from "./remember-last.ts";

export function openUsage(
  { store, stores, hub, desired }: Pick<Controller, "store" | "stores" | "hub" | "desired">,
  status: () => Promise<Status>,
  onFailure: (error: unknown) => void,
): UsageRoom {
  return createUsage({
    fleet: () => store.require(),
    // A suspended tenant's data are kept, and take up what they did.
    needs: (fleet) => desired(awake(fleet)).needs,
    placements: rememberLast((fleet) => placements(fleet, catalogOf(fleet, catalog))),
    status,
    readStore: stores.read,
    recentSamples: (query) => hub.recentSamples(query),
    onFailure,
  });
}
