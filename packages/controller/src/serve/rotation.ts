/** The rotation of secrets, wired, with what follows its runs. */
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Logger } from "pino";
import type { Hub } from "../agents/types.ts";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { Inventory } from "../inventory/database.ts";
import type { Stores } from "../needs/stores.ts";
import type { Desired } from "../plan/desired.ts";
import { followRotations } from "../rotation/follow.ts";
import { observedHash } from "../rotation/observed-hash.ts";
import { createLoginRetirement } from "../rotation/retire-left-logins.ts";
import { createRotation, type Rotation } from "../rotation/rotation.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/open.ts";

export interface RotationRooms {
  rotation: Rotation;
  close: () => Promise<void>;
}

export interface RotationDependencies {
  inventory: Inventory;
  store: FleetStore;
  secrets: Secrets;
  desired: (fleet: Fleet, versions?: ReadonlyMap<string, number>) => Desired;
  runner: Runner;
  fleetControl: Pick<FleetControl, "exclusively">;
  hub: Hub;
  stores: Stores;
  logger: Logger;
}

export async function openRotation(dependencies: RotationDependencies): Promise<RotationRooms> {
  const { inventory, store, secrets, desired, runner, fleetControl, hub, stores, logger } = dependencies;
  const rotation = createRotation({
    inventory,
    store,
    secrets,
    desired,
    startRun: (run) => runner.start(run),
    exclusively: fleetControl.exclusively,
  });
  const follower = await followRotations(rotation, {
    runner,
    retireLeftLogins: createLoginRetirement({
      inventory,
      store,
      desired,
      exclusively: fleetControl.exclusively,
      observedHash: (node, instance, signal) => observedHash(hub, { node, instance, signal }),
      retire: stores.databases.retire,
    }),
    onFailure: (error) => logger.error({ err: error }, "What a failed rotation has made could not be taken back"),
  });
  return { rotation, close: follower.close };
}
