/** The drills' rooms, wired: control over them, what they prove, and their schedule. */
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Logger } from "pino";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import { createDrillControl, drillKind, type DrillControl } from "../backups/drill-control.ts";
import { followProofs } from "../backups/drill-follow.ts";
import { readPresentFleet } from "../backups/present-fleet.ts";
import { createBackupSchedule } from "../backups/schedule.ts";
import { listBackups } from "../inventory/backups.ts";
import type { Inventory } from "../inventory/database.ts";
import type { Desired } from "../plan/desired.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/open.ts";
import type { ServeOptions } from "./options.ts";

export interface DrillsDependencies {
  options: Pick<ServeOptions, "registryMirror" | "configurationDirectory">;
  inventory: Inventory;
  secrets: Secrets;
  store: FleetStore;
  runner: Runner;
  fleetControl: Pick<FleetControl, "exclusively">;
  desired: (fleet: Fleet) => Desired;
  logger: Logger;
}

export interface DrillRooms {
  control: DrillControl;
  /** The fleet has changed, and with it perhaps the schedule. */
  look: () => void;
  /** Begins no drill any more. */
  stopSchedule: () => Promise<void>;
  /** Once no run is carried out. */
  close: () => Promise<void>;
}

/** As many as are kept. */
const pastRuns = 500;

export async function openDrills(dependencies: DrillsDependencies): Promise<DrillRooms> {
  const { inventory, secrets, store, runner, desired, logger } = dependencies;
  const control = createDrillControl({
    inventory,
    present: () =>
      readPresentFleet({
        fleet: () => store.require(),
        catalogOf: (fleet) => catalogOf(fleet, catalog),
        desired,
        secrets,
        ...dependencies.options,
      }),
    startRun: (run) => runner.start(run),
    exclusively: dependencies.fleetControl.exclusively,
  });
  const schedule = createBackupSchedule({
    async read() {
      const fleet = (await store.current())?.fleet;
      if (fleet?.backups === undefined || fleet.backups.drill === false) return null;
      const { drill, timeZone } = fleet.backups;
      // Nothing is due before there is a backup to prove.
      const isAny = (await listBackups(inventory.database)).some(({ state }) => state === "complete");
      return { schedule: { schedule: drill, timeZone, spreadMinutes: 0 }, owners: isAny ? [drillKind] : [] };
    },
    // One that failed has found something out: it is not begun again before its next time.
    async backups() {
      const drills = (await runner.list(pastRuns)).filter(({ kind }) => kind === drillKind);
      return drills.map(({ createdAt }) => ({
        owner: drillKind,
        subject: drillKind,
        state: "complete" as const,
        createdAt,
      }));
    },
    start: () => control.drill({ of: null, all: false }, { account: "schedule", dryRun: false }),
    onFailure: (error) => logger.error({ err: error }, "A drill that is due could not be begun"),
  });
  const follower = await followProofs({
    inventory,
    runner,
    onEnd: schedule.look,
    onFailure: (error) => logger.error({ err: error }, "What a run has proven could not be recorded"),
  });
  return { control, look: schedule.look, stopSchedule: schedule.close, close: follower.close };
}
