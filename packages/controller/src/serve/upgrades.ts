/** Wires what carries upgrades out. */
import { catalog } from "@berth/shared/catalog/index";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { ObservedInstance } from "@berth/shared/protocol/state";
import type { Hub } from "../agents/types.ts";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { Inventory } from "../inventory/database.ts";
import { endUnfinishedUpgrades, forgetUpgrades } from "../inventory/upgrades.ts";
import type { Stores } from "../needs/stores.ts";
import { dispatchedValues, resolveInstanceSecrets } from "../operations/resolve-secrets.ts";
import type { Desired } from "../plan/desired.ts";
import type { Routes } from "../routes/routes.ts";
import type { UpgradeHandlers } from "../upgrades/carry-out/handlers.ts";
import { createUpgradeConcludeHandler } from "../upgrades/carry-out/conclude.ts";
import { createInstanceRollbackHandler } from "../upgrades/carry-out/instance-rollback.ts";
import { createInstanceUpgradeHandler } from "../upgrades/carry-out/instance-upgrade.ts";
import { concludeVersion, recordVersion } from "../upgrades/carry-out/record-version.ts";
import { settleEarlier } from "../upgrades/carry-out/settle.ts";

export interface UpgradeRoomsOptions {
  inventory: Inventory;
  hub: Pick<Hub, "dispatch" | "waitOnline" | "observe">;
  store: FleetStore;
  stores: Stores;
  reveal: (name: string, version?: number) => string;
  redact: (text: string) => string;
  desired: (fleet: Fleet) => Desired;
  /** Opened later than this. */
  routes: () => Pick<Routes, "list" | "test">;
  exclusively: FleetControl["exclusively"];
  onFleetChange: (fleet: Fleet) => void;
}

/** After the controller's start agents are back within 35 s. */
const connectMilliseconds = 40_000;
const observeMilliseconds = 10_000;

export function createUpgradeHandlers(options: UpgradeRoomsOptions): UpgradeHandlers {
  const { inventory, hub, store, stores, reveal, redact, desired, routes, exclusively, onFleetChange } = options;
  const { database } = inventory;
  const recording = { inventory, store, catalog, desired, exclusively, onChange: onFleetChange };
  const dependencies = {
    inventory,
    hub,
    checkpoints: stores.databases.checkpoints,
    fleet: () => store.require(),
    resolve: (spec: InstanceSpec) =>
      resolveInstanceSecrets(
        spec,
        dispatchedValues(({ name, version }) => reveal(name, version)),
      ),
    observe: (node: string, instance: string, signal: AbortSignal) => observe(hub, { node, instance, signal }),
    routes: async () => (await routes().list()).routes,
    testRoutes: (request: Parameters<Routes["test"]>[0], signal: AbortSignal) => routes().test(request, signal),
    recordVersion: (spec: InstanceSpec) => recordVersion(spec, recording),
    redact,
  };
  return {
    instanceUpgrade: createInstanceUpgradeHandler(dependencies),
    instanceRollback: createInstanceRollbackHandler(dependencies),
    upgradeConclude: createUpgradeConcludeHandler({
      inventory,
      concludeVersion: (of) => concludeVersion(of, recording),
    }),
    settle: (next, context) => settleEarlier(next, context, dependencies),
    abandon: (instance) => endUnfinishedUpgrades(database, instance, "a backup was restored in its place"),
    forget: (instance) => forgetUpgrades(database, instance),
  };
}

async function observe(
  hub: UpgradeRoomsOptions["hub"],
  { node, instance, signal }: { node: string; instance: string; signal: AbortSignal },
): Promise<ObservedInstance | undefined> {
  await hub.waitOnline(node, { timeoutMilliseconds: connectMilliseconds, signal });
  const { instances, docker } = await hub.observe(node, { timeoutMilliseconds: observeMilliseconds });
  // What is told of instances then is not what runs.
  return docker === "unreachable" ? undefined : instances.find((observed) => observed.instance === instance);
}
