/** Upgrades as people and the schedule ask for them, wired: control, what there is to upgrade to, and the schedule. */
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Fleet } from "@berth/shared/fleet/schema";
import { nodeValue } from "@berth/shared/metrics/samples";
import type { Logger } from "pino";
import type { Hub } from "../agents/types.ts";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { BackupControl } from "../backups/backup-control.ts";
import { listBackups } from "../inventory/backups.ts";
import type { Inventory } from "../inventory/database.ts";
import { listInstances } from "../inventory/instances.ts";
import { listRegistryTags, putRegistryTags } from "../inventory/registry-tags.ts";
import { listUpgradeInstances } from "../inventory/upgrades.ts";
import type { Desired } from "../plan/desired.ts";
import { listTags, resolveImage } from "../registry/registry.ts";
import type { Runner } from "../runs/runner.ts";
import type { Recurring } from "../schedules/recurring.ts";
import { createUpgradeChecks, type UpgradeChecks } from "../upgrades/check.ts";
import type { PrepareDependencies } from "../upgrades/prepare.ts";
import { createUpgradeSchedule } from "../upgrades/schedule.ts";
import { createUpgradeControl, type UpgradeControl } from "../upgrades/upgrade-control.ts";
import type { ServeOptions } from "./options.ts";
import { findRunUnderWay } from "./run-under-way.ts";

export interface UpgradesDependencies extends Pick<PrepareDependencies, "lookUpImages" | "sources"> {
  options: Pick<ServeOptions, "registryMirror">;
  inventory: Inventory;
  store: FleetStore;
  hub: Pick<Hub, "recentSamples" | "observe" | "observedInstances">;
  runner: Runner;
  fleetControl: Pick<FleetControl, "edit" | "exclusively">;
  backups: Pick<BackupControl, "beforeUpgrade">;
  desired: (fleet: Fleet) => Desired;
  /** PEM of the CA of the fleet's registry. */
  registryCa: (fleet: Fleet) => Promise<string | null>;
  logger: Logger;
}

export interface UpgradeRooms {
  control: UpgradeControl;
  checks: UpgradeChecks;
  schedule: Recurring;
}

const observeMilliseconds = 5000;
/** What is older says nothing of the disk as it is now. */
const sampleSeconds = 120;
/** How many moves of instances are looked back at. */
const pastRows = 10_000;

export function openUpgrades(dependencies: UpgradesDependencies): UpgradeRooms {
  const { inventory, store, runner, hub, fleetControl, registryCa, logger } = dependencies;
  const { database } = inventory;
  const fleetCatalog = (fleet: Fleet) => catalogOf(fleet, catalog);
  const past = () => listUpgradeInstances(database, pastRows);
  const running = async () =>
    new Map(
      (await listInstances(database)).flatMap(({ name, node, observedVersion, containers: stored }) => {
        // What an agent has just said may not be stored yet.
        const seen = hub.observedInstances(node).find(({ instance }) => instance.instance === name)?.instance;
        const { version, containers } = seen ?? { version: observedVersion, containers: stored };
        const main = containers.find((container) => container.name === name);
        return version === null
          ? []
          : [[name, { version, digests: main === undefined ? null : main.digests }] as const];
      }),
    );
  const control = createUpgradeControl({
    ...dependencies,
    control: fleetControl,
    catalogOf: fleetCatalog,
    beforeUpgrade: dependencies.backups.beforeUpgrade,
    past,
    backups: () => listBackups(database),
    freeDisk: (node) => freeDisk(hub, node),
    startRun: (run) => runner.start(run),
    runUnderWay: () => findRunUnderWay(runner),
    runningVersion: async (instance) => (await running()).get(instance)?.version ?? null,
  });
  const checks = createUpgradeChecks({
    fleet: () => store.require(),
    catalogOf: fleetCatalog,
    registryMirror: dependencies.options.registryMirror,
    tags: async (image, fleet, signal) => listTags(image, { ca: await registryCa(fleet), signal }),
    resolve: async (image, fleet, signal) => resolveImage(image, { ca: await registryCa(fleet), signal }),
    known: () => listRegistryTags(database),
    remember: (image, known) => putRegistryTags(database, image, known),
    look: async (nodes) => {
      await Promise.allSettled(nodes.map((node) => hub.observe(node, { timeoutMilliseconds: observeMilliseconds })));
    },
    running,
    past,
  });
  const schedule = createUpgradeSchedule({
    read: async () => {
      const fleet = (await store.current())?.fleet;
      if (fleet === undefined) return null;
      return { upgrades: fleet.upgrades, services: Object.keys(fleet.services.tenant), catalog: fleetCatalog(fleet) };
    },
    check: () => checks.check(null),
    recall: checks.recall,
    past,
    start: (request) => control.start(request, { account: "schedule", dryRun: false }),
    onFailure: (error, what) => logger.error({ err: error }, what),
  });
  runner.events.on("run", ({ state }) => {
    if (state !== "running") schedule.look();
  });
  return { control, checks, schedule };
}

/** null: nothing was measured lately, or the size of the disk is not known. */
function freeDisk(hub: Pick<Hub, "recentSamples">, node: string): number | null {
  const row = hub.recentSamples({ seconds: sampleSeconds, node })[0]?.frames.at(-1)?.node;
  const size = row === undefined ? 0 : nodeValue(row, "diskSizeBytes");
  return row === undefined || size <= 0 ? null : Math.max(0, size - nodeValue(row, "diskUsedBytes"));
}
