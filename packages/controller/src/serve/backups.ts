/** The backups' rooms, wired: control over them, their records, and their schedule. */
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Logger } from "pino";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import { recordFleet } from "../apply/record.ts";
import { createBackupControl, type BackupControl, type BackupControlDependencies } from "../backups/backup-control.ts";
import { followBackups } from "../backups/follow.ts";
import { readPresentFleet } from "../backups/present-fleet.ts";
import { runningSpecification } from "../backups/running.ts";
import { createBackupSchedule, type BackupSchedule } from "../backups/schedule.ts";
import { followRestores, restoreKind } from "../backups/settle-restore.ts";
import { backupSubjects } from "../backups/subjects.ts";
import { listBackups } from "../inventory/backups.ts";
import { listControllerBackups, newestRecoveryKey } from "../inventory/recovery.ts";
import { asBackup } from "../recovery/records.ts";
import { controllerOwner } from "../recovery/store.ts";
import type { RecoveryRooms } from "./recovery.ts";
import type { Inventory } from "../inventory/database.ts";
import type { Desired } from "../plan/desired.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/open.ts";
import { backupStatus } from "../status/backup-status.ts";
import { controllerStanding } from "../status/controller-standing.ts";
import type { BackupStatus } from "../status/status.ts";
import type { KeptTenant } from "../tenants/kept.ts";
import type { ServeOptions } from "./options.ts";
import { rememberLast } from "./remember-last.ts";
import { findRunUnderWay } from "./run-under-way.ts";

export interface BackupsDependencies {
  recovery: Pick<RecoveryRooms, "createScheduled">;
  options: Pick<ServeOptions, "registryMirror" | "configurationDirectory">;
  inventory: Inventory;
  secrets: Secrets;
  store: FleetStore;
  runner: Runner;
  fleetControl: Pick<FleetControl, "exclusively" | "edit">;
  kept: (fleet: Fleet) => Promise<KeptTenant[]>;
  desired: (fleet: Fleet, versions?: ReadonlyMap<string, number>) => Desired;
  controllerCa: string;
  logger: Logger;
}

export interface BackupRooms {
  control: BackupControl;
  schedule: BackupSchedule;
  /** How the backups of each owner and of the controller stand; null: the fleet has none. */
  status: () => Promise<BackupStatus | null>;
  /** Begins no backup any more. */
  stopSchedule: () => Promise<void>;
  /** Once no run is carried out. */
  close: () => Promise<void>;
}

export async function openBackups(dependencies: BackupsDependencies): Promise<BackupRooms> {
  const { inventory, secrets, store, runner, desired, logger } = dependencies;
  const fleetCatalog = (fleet: Fleet) => catalogOf(fleet, catalog);
  // Read before: within the transaction, a question beside it would wait for its end, and it for the answer.
  const recordDesired: BackupControlDependencies["recordDesired"] = async (next) => {
    const present = await store.current();
    return async (transaction) => {
      if (present !== null) await recordFleet(transaction, { ...present, account: "backup", desired: next });
    };
  };
  const control = createBackupControl({
    inventory,
    secrets,
    desired,
    present: () =>
      readPresentFleet({
        fleet: () => store.require(),
        catalogOf: fleetCatalog,
        desired,
        secrets,
        controllerCa: dependencies.controllerCa,
        ...dependencies.options,
      }),
    recordDesired,
    fleetPlan: async () => {
      const options = { account: "backup", kind: restoreKind, only: () => true, dryRun: true };
      return (await dependencies.fleetControl.edit(({ yaml }) => ({ text: yaml }), options)).plan;
    },
    running: (instance) => runningSpecification(inventory.database, instance),
    edit: dependencies.fleetControl.edit,
    parse: store.parse,
    keptTenants: dependencies.kept,
    runUnderWay: () => findRunUnderWay(runner),
    startRun: (run) => runner.start(run),
    exclusively: dependencies.fleetControl.exclusively,
  });
  // Asked for every minute, and the text of a fleet seldom changes: who owns something depends on nothing else.
  const ownersOf = rememberLast((fleet: Fleet): readonly string[] => {
    const secretVersion = (name: string) => secrets.version(name) ?? 1;
    const context = { fleet, catalog: fleetCatalog(fleet), desired: desired(fleet), secretVersion };
    return [...new Set(backupSubjects(context).map(({ owner }) => owner))];
  });
  const read = async () => {
    const fleet = (await store.current())?.fleet;
    return fleet?.backups === undefined ? null : { schedule: fleet.backups, owners: ownersOf(fleet) };
  };
  const schedule = createBackupSchedule({
    // The controller's own is the last: it holds the records of the others.
    async read() {
      const found = await read();
      return found === null ? null : { ...found, owners: [...found.owners, controllerOwner] };
    },
    async backups() {
      const own = (await listControllerBackups(inventory.database)).map(asBackup);
      return [...(await listBackups(inventory.database)), ...own];
    },
    start: (owner) =>
      owner === controllerOwner ? dependencies.recovery.createScheduled() : control.createScheduled(owner),
    onFailure: (error, owner) => logger.error({ err: error, owner }, "A backup that is due could not be begun"),
  });
  const follower = await followBackups({
    inventory,
    runner,
    secrets,
    onEnd: schedule.look,
    onFailure: (error) => logger.error({ err: error }, "What a run has backed up could not be recorded"),
  });
  const restores = await followRestores(
    {
      inventory,
      secrets,
      desired,
      recordDesired,
      fleet: () => store.require(),
      exclusively: dependencies.fleetControl.exclusively,
    },
    {
      runner,
      onFailure: (error) => logger.error({ err: error }, "A restore that was cut off could not be settled"),
    },
  );
  const close = async () => {
    await follower.close();
    await restores.close();
  };
  const status = async () => {
    const found = await read();
    if (found === null) return null;
    const { database } = inventory;
    const [backups, own, key, late] = await Promise.all([
      listBackups(database),
      listControllerBackups(database),
      newestRecoveryKey(database),
      schedule.late(),
    ]);
    return {
      backups: backupStatus({ owners: found.owners, backups, late }),
      controllerBackup: controllerStanding({ backups: own, key, late }),
    };
  };
  return { control, schedule, status, stopSchedule: schedule.close, close };
}
