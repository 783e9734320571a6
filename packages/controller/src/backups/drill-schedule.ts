/** Begins a drill when it is due: by the rules of backups, with one owner that stands for the whole fleet. */
import type { Fleet } from "@berth/shared/fleet/schema";
import { listBackups } from "../inventory/backups.ts";
import type { Inventory } from "../inventory/database.ts";
import { lastLook } from "../inventory/looks.ts";
import type { Recurring } from "../schedules/recurring.ts";
import { drillKind, type DrillControl } from "./drill-control.ts";
import { createBackupSchedule } from "./schedule.ts";

export interface DrillScheduleDependencies {
  inventory: Pick<Inventory, "database">;
  /** null: nothing was applied yet. */
  fleet: () => Promise<Fleet | null>;
  drill: DrillControl["drill"];
  onFailure: (error: unknown) => void;
}

export function createDrillSchedule(dependencies: DrillScheduleDependencies): Recurring {
  const { database } = dependencies.inventory;
  return createBackupSchedule({
    async read() {
      const fleet = await dependencies.fleet();
      if (fleet?.backups === undefined || fleet.backups.drill === false) return null;
      const { drill, timeZone } = fleet.backups;
      // Nothing is due before there is a backup to prove.
      const isAny = (await listBackups(database)).some(({ state }) => state === "complete");
      return { schedule: { schedule: drill, timeZone, spreadMinutes: 0 }, owners: isAny ? [drillKind] : [] };
    },
    // One that failed has found something out, one that had nothing to drill has not: neither is begun again before its
    // next time.
    async backups() {
      const createdAt = await lastLook(database, drillKind);
      return createdAt === null ? [] : [{ owner: drillKind, subject: drillKind, state: "complete", createdAt }];
    },
    start: () => dependencies.drill({ of: null, all: false }, { account: "schedule", dryRun: false }),
    onFailure: dependencies.onFailure,
  });
}
