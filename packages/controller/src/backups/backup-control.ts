/** Backups for people and for the schedule: made, listed, checked, pruned and restored, each as a run. */
import { randomBytes } from "node:crypto";
import type { Backup } from "@berth/shared/api/backups";
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { listBackups } from "../inventory/backups.ts";
import type { Inventory, Queryable } from "../inventory/database.ts";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { FleetControl } from "../apply/apply.ts";
import type { Desired } from "../plan/desired.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { repositoryPasswordName } from "../plan/secret-names.ts";
import type { NewRun } from "../runs/store.ts";
import type { Secrets } from "../secrets/open.ts";
import type { KeptTenant } from "../tenants/kept.ts";
import { backupId } from "./backup-id.ts";
import { backupsOfUpgrade, planBackupsOfUpgrade } from "./before-upgrade.ts";
import { requireBackup } from "./choose-backup.ts";
import { finalBackup } from "./final-backup.ts";
import { formerTarget } from "./former-target.ts";
import { expendableBackups } from "./keep.ts";
import { keepSecrets } from "./kept-secrets.ts";
import { byOwner, planBackups, type PlannedBackup } from "./plan-backup.ts";
import { planChecks, planPrunes, repositoryNode } from "./plan-repositories.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { scheduleKind } from "./records.ts";
import { repositoryPassword, requireBackups } from "./repository.ts";
import { createRestore, type RestoreRequest } from "./restore.ts";
import { type BesideRequest, createRestoreBeside } from "./restore-beside.ts";
import { type BackupSubject, chooseSubjects, restingNotes, tenantSubjects } from "./subjects.ts";

export interface BackupOptions {
  account: string;
  dryRun: boolean;
}

export interface BackupChange {
  plan: FleetPlan;
  /** null: nothing is to be done, or it was a dry run. */
  run: Run | null;
}

export interface BackupControl {
  /** The newest first; of a tenant or an instance when one is named, also of one that is gone. */
  list: (of?: string) => Promise<Backup[]>;
  /** Throws `not-found`. */
  get: (id: string) => Promise<Backup>;
  /** Of a tenant or an instance; null: of everything, one backup for each owner. */
  create: (of: string | null, options: BackupOptions) => Promise<BackupChange>;
  /** The one of the schedule, which also removes what the owner has no longer to keep. */
  createScheduled: (owner: string) => Promise<BackupChange>;
  /** `owner` null: every repository that something is in. */
  verify: (owner: string | null, options: BackupOptions) => Promise<BackupChange>;
  prune: (options: BackupOptions) => Promise<BackupChange>;
  restore: (request: RestoreRequest, options: BackupOptions) => Promise<BackupChange>;
  /** A tenant under a new name, with what a backup of another one holds. */
  restoreBeside: (request: BesideRequest, options: BackupOptions) => Promise<BackupChange>;
  /**
   * What `tenant remove` begins with; the rest of its run comes after these. Makes the secrets that the operations refer
   * to and keeps those that the data need, unless it is a dry run.
   */
  final: (tenant: string, options: { dryRun: boolean }) => Promise<PlannedOperation[]>;
  /** What an upgrade of these instances begins with, likewise: backups of what they hold, and checks of those. */
  beforeUpgrade: (instances: readonly string[], options: { dryRun: boolean }) => Promise<PlannedOperation[]>;
}

export interface BackupControlDependencies {
  inventory: Inventory;
  secrets: Secrets;
  /** What backups are planned from. Throws `not-found` before the first apply, and what is missing for backups. */
  present: () => Promise<PresentFleet>;
  /** What the fleet comes to, with other versions of some secrets than the present ones. */
  desired: (fleet: Fleet, versions?: ReadonlyMap<string, number>) => Desired;
  /** Gives what writes what the fleet comes to now, in the transaction of the run that leads to it. */
  recordDesired: (desired: Desired) => Promise<(transaction: Queryable) => Promise<void>>;
  /** What would bring the fleet to what its file says; what is missing of it is no place to restore to. */
  fleetPlan: () => Promise<FleetPlan>;
  /** What an instance was last seen to run as. null: it is not known to run. */
  running: (instance: string) => Promise<InstanceSpec | null>;
  /** Edits the desired state, and carries out a part of the plan. */
  edit: FleetControl["edit"];
  /** Validated; throws FleetInvalid. */
  parse: (text: string, file: string) => Fleet;
  /** Tenants that left the fleet and whose data stayed on their nodes. */
  keptTenants: (fleet: Fleet) => Promise<KeptTenant[]>;
  /** The run that is being carried out. */
  runUnderWay: () => Promise<Run | null>;
  /** Throws `conflict` when another run is under way. */
  startRun: (run: NewRun) => Promise<Run | null>;
  /** Runs work that must not meet an apply. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

export function createBackupControl(dependencies: BackupControlDependencies): BackupControl {
  const { inventory, secrets, present } = dependencies;
  const newId = (subject: string) => backupId(subject, new Date(), randomBytes(2).toString("hex"));

  /** Before a run that refers to them is written. */
  async function prepareSecrets(subjects: readonly BackupSubject[], { desired }: PresentFleet): Promise<void> {
    for (const owner of new Set(subjects.map((subject) => subject.owner)))
      await secrets.ensure(repositoryPasswordName(owner), repositoryPassword);
    await keepSecrets(subjects, desired, secrets);
  }

  async function start(plan: FleetPlan, kind: string, { account, dryRun }: BackupOptions): Promise<BackupChange> {
    return { plan, run: dryRun ? null : await dependencies.startRun({ plan, kind, account }) };
  }

  /** One backup of what was asked for; of everything, one for each owner. */
  function toBackups(of: string | null, subjects: readonly BackupSubject[]): PlannedBackup[] {
    return [...byOwner(subjects)].map(([owner, own]) => ({ id: newId(of ?? owner), subjects: own }));
  }

  async function prunes(owner: string | null, fleet: PresentFleet, after: readonly string[] = []) {
    // At a former target nothing is removed, and nothing there stands for what is kept here.
    const backups = (await listBackups(inventory.database)).filter(
      (one) => (owner === null || one.owner === owner) && formerTarget(one, fleet) === null,
    );
    const expendable = expendableBackups(
      backups,
      requireBackups(fleet.fleet),
      Date.now(),
      new Set(fleet.desired.suspended.keys()),
    );
    const { nodes, warnings } = repositoryNodes(
      expendable.map((backup) => backup.owner),
      fleet,
    );
    return { operations: planPrunes(expendable, nodes, fleet, after), warnings };
  }

  const restore = createRestore({ ...dependencies, newId, prepareSecrets });

  return {
    async list(of) {
      const all = await listBackups(inventory.database);
      if (of === undefined) return all;
      return all.filter(({ owner, subject, parts }) =>
        [owner, subject, ...parts.map((part) => part.subject)].includes(of),
      );
    },

    get: async (id) => requireBackup(await listBackups(inventory.database), id),

    create: (of, options) =>
      dependencies.exclusively(async () => {
        const fleet = await present();
        const subjects = chooseSubjects(of, fleet);
        const operations = planBackups(toBackups(of, subjects), fleet);
        if (!options.dryRun) await prepareSecrets(subjects, fleet);
        return start({ operations, warnings: restingNotes(of, fleet) }, "backup.create", options);
      }),

    createScheduled: (owner) =>
      dependencies.exclusively(async () => {
        const fleet = await present();
        const subjects = chooseSubjects(owner, fleet);
        const made = planBackups(toBackups(owner, subjects), fleet);
        const created = made.filter(({ kind }) => kind === "backup.create").map(({ id }) => id);
        const { operations, warnings } = await prunes(owner, fleet, created);
        await prepareSecrets(subjects, fleet);
        // The image of the backup is the same operation: the first one stands.
        const known = new Set(made.map(({ id }) => id));
        const plan = { operations: [...made, ...operations.filter(({ id }) => !known.has(id))], warnings };
        return start(plan, scheduleKind, { account: "schedule", dryRun: false });
      }),

    verify: (owner, options) =>
      dependencies.exclusively(async () => {
        const fleet = await present();
        const backups = await listBackups(inventory.database);
        const meant = backups.filter((backup) => owner === null || backup.owner === owner);
        if (owner !== null && meant.length === 0) throw nothingOf(owner);
        const former = new Map(meant.map((backup) => [backup, formerTarget(backup, fleet)]));
        const owners = meant.filter((backup) => former.get(backup) === null).map((backup) => backup.owner);
        const { nodes, warnings } = repositoryNodes(owners, fleet);
        const elsewhere = [...former.values()].flatMap((told) =>
          told === null ? [] : [`${told}: it is not looked up`],
        );
        const plan = { operations: planChecks(nodes, fleet), warnings: [...elsewhere, ...warnings] };
        return start(plan, "backup.verify", options);
      }),

    prune: (options) =>
      dependencies.exclusively(async () => start(await prunes(null, await present()), "backup.prune", options)),

    restore,
    restoreBeside: createRestoreBeside(dependencies),

    final: async (tenant, { dryRun }) => {
      const fleet = await present();
      if (!dryRun) await prepareSecrets(tenantSubjects(tenant, fleet), fleet);
      return finalBackup(tenant, newId(tenant), fleet);
    },

    beforeUpgrade: async (instances, { dryRun }) => {
      const fleet = await present();
      const backups = backupsOfUpgrade(instances, fleet);
      const subjects = backups.flatMap((backup) => backup.subjects);
      if (!dryRun) await prepareSecrets(subjects, fleet);
      const planned = backups.map((backup) => ({ id: newId(backup.of), subjects: backup.subjects }));
      return planBackupsOfUpgrade(planned, fleet);
    },
  };
}

function repositoryNodes(
  owners: readonly string[],
  { fleet, desired }: PresentFleet,
): { nodes: Map<string, string>; warnings: string[] } {
  const nodes = new Map<string, string>();
  const warnings: string[] = [];
  for (const owner of new Set(owners)) {
    const node = repositoryNode(owner, fleet, desired);
    if (node === undefined)
      warnings.push(`no node may read the repository of ${owner}: the fleet has no shared service`);
    else nodes.set(owner, node);
  }
  return { nodes, warnings };
}

function nothingOf(owner: string): BerthError {
  return new BerthError("not-found", `There are no backups of '${owner}'`, {
    hint: "`berth backup list` shows whose there are: tenants, and shared instances",
  });
}
