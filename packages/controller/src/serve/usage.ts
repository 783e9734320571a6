/** What tenants use, wired: the needs of the fleet and the stores that meet them; and the history of it, and of disks. */
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import { awake } from "@berth/shared/fleet/awake";
import { placements } from "@berth/shared/fleet/instances";
import type { Logger } from "pino";
import { tenantSince } from "../inventory/tenants.ts";
import { readStatus } from "../status/status.ts";
import { diskHoldings } from "../usage/disk-holdings.ts";
import { createForecast } from "../usage/forecast.ts";
import { createRecorder } from "../usage/record.ts";
import { createUsage, type UsageRoom } from "../usage/usage.ts";
import type { Controller } from "./open-controller.ts";
import { rememberLast } from "./remember-last.ts";

type UsageSources = Pick<Controller, "inventory" | "store" | "stores" | "hub" | "desired" | "history"> & {
  logger: Logger;
};

export interface UsageRooms {
  usage: UsageRoom;
  /** Ends what is recorded of it by itself. */
  close: () => void;
}

export function openUsage({ inventory, store, stores, hub, desired, history, logger }: UsageSources): UsageRooms {
  const onFailure = (error: unknown): void => logger.error({ err: error }, "What stores hold could not be read");
  const fleetName = async () => (await store.current())?.fleet.fleet ?? null;
  const forecast = createForecast({
    read: history.read,
    tenantSince: (owner) => tenantSince(inventory.database, owner),
    now: Date.now,
  });
  const usage = createUsage({
    fleet: () => store.require(),
    // A suspended tenant's data are kept, and take up what they did.
    needs: (fleet) => desired(awake(fleet)).needs,
    placements: rememberLast((fleet) => placements(fleet, catalogOf(fleet, catalog))),
    status: () => readStatus({ inventory, hub, fleetName }),
    readStore: stores.read,
    recentSamples: (query) => hub.recentSamples(query),
    fullAt: forecast.fullAt,
    onFailure,
  });
  const recorder = createRecorder({
    read: usage.readStores,
    disks: (now) => diskHoldings(hub.disks(), { isOnline: (node) => hub.connection(node)?.state === "online", now }),
    add: history.addHoldings,
    onRecord: ({ buckets }) => forecast.look(buckets),
    onFailure,
  });
  return { usage, close: recorder.close };
}
