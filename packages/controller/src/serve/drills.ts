/** The drills' rooms, wired: control over them, what they prove, and their schedule. */
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Logger } from "pino";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import { createDrillControl, type DrillControl } from "../backups/drill-control.ts";
import { followProofs } from "../backups/drill-follow.ts";
import { createDrillSchedule } from "../backups/drill-schedule.ts";
import { readPresentFleet } from "../backups/present-fleet.ts";
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
  controllerCa: string;
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
        controllerCa: dependencies.controllerCa,
        ...dependencies.options,
      }),
    startRun: (run) => runner.start(run),
    exclusively: dependencies.fleetControl.exclusively,
  });
  const schedule = createDrillSchedule({
    inventory,
    fleet: async () => (await store.current())?.fleet ?? null,
    drill: control.drill,
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
