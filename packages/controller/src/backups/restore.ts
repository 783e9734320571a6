/** Bringing back what a backup holds, with the secrets that it can only be read with. */
import type { Backup } from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { listBackups } from "../inventory/backups.ts";
import type { Desired } from "../plan/desired.ts";
import { refuseSecondRun } from "../runs/store.ts";
import type { SecretVersion } from "../secrets/open.ts";
import type { BackupChange, BackupControlDependencies, BackupOptions } from "./backup-control.ts";
import { chooseBackup, type BackupChoice } from "./choose-backup.ts";
import { changedSecrets } from "./kept-secrets.ts";
import { byOwner, planBackups } from "./plan-backup.ts";
import { planRestore, type RestorePlan } from "./plan-restore.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { type BackupSubject, chooseSubjects } from "./subjects.ts";

export interface RestoreRequest extends BackupChoice {
  /** Whether what is there is backed up before. */
  backupFirst: boolean;
}

export interface RestoreDependencies extends BackupControlDependencies {
  newId: (subject: string) => string;
  prepareSecrets: (subjects: readonly BackupSubject[], fleet: PresentFleet) => Promise<void>;
}

interface Chosen {
  fleet: PresentFleet;
  backup: Backup;
  /** All that there is of what is restored. */
  there: BackupSubject[];
  /** Those of them that the backup has. */
  subjects: BackupSubject[];
  /** Secrets that become those of the backup. */
  changed: Backup["secrets"];
}

export function createRestore(dependencies: RestoreDependencies) {
  const { inventory, secrets } = dependencies;

  async function choose(request: RestoreRequest): Promise<Chosen> {
    const fleet = await dependencies.present();
    const backups = await listBackups(inventory.database);
    const there = presentSubjects(request.of, backups, fleet);
    const backup = chooseBackup(backups, request);
    const subjects = there.filter(({ subject }) => backup.parts.some((part) => part.subject === subject));
    const changed = subjects.flatMap(({ subject }) => changedSecrets(subject, backup.secrets, secrets));
    return { fleet, backup, there, subjects, changed };
  }

  function plan({ of, backupFirst }: RestoreRequest, chosen: Chosen, rekeyed: ReadonlyMap<string, InstanceSpec>) {
    const { fleet, backup, there, subjects } = chosen;
    const saved = [...byOwner(there).values()].map((own) => ({ id: dependencies.newId(of), subjects: own }));
    const first = backupFirst ? planBackups(saved, fleet) : [];
    const { operations, warnings } = planRestore({ backup, subjects, first, rekeyed }, fleet);
    if (!operations.some(({ kind }) => kind === "backup.restore"))
      throw new BerthError("request.invalid", `The backup ${backup.id} holds nothing that ${of} has a place for`);
    return { operations, warnings: [...goneParts(of, chosen), ...newParts(chosen), ...warnings] };
  }

  /** Gives the instances the backup's secrets; `made` gets the versions that are new. */
  async function takeOver({ changed }: Chosen, made: SecretVersion[]): Promise<void> {
    for (const { secret, copy, version } of changed) {
      const before = secrets.version(secret);
      const taken = await secrets.put(secret, secrets.reveal(copy, version));
      if (taken.version !== before) made.push(taken);
    }
  }

  async function start(request: RestoreRequest, chosen: Chosen, account: string): Promise<BackupChange> {
    await refuseSecondRun(inventory.database);
    await dependencies.prepareSecrets(chosen.there, chosen.fleet);
    const made: SecretVersion[] = [];
    try {
      await takeOver(chosen, made);
      const desired = dependencies.desired(chosen.fleet.fleet);
      const restorePlan: RestorePlan = plan(request, chosen, rekeyedInstances(chosen, desired));
      const run = await dependencies.startRun({
        plan: restorePlan,
        kind: "backup.restore",
        account,
        ...(made.length === 0 ? {} : { alongside: await dependencies.recordDesired(desired) }),
      });
      return { plan: restorePlan, run };
    } catch (error) {
      for (const version of made) await secrets.discard(version);
      throw error;
    }
  }

  return (request: RestoreRequest, { account, dryRun }: BackupOptions): Promise<BackupChange> =>
    dependencies.exclusively(async () => {
      const chosen = await choose(request);
      if (!dryRun) return start(request, chosen, account);
      const versions = new Map(chosen.changed.map(({ secret }) => [secret, secrets.nextVersion(secret)]));
      const desired = dependencies.desired(chosen.fleet.fleet, versions);
      return { plan: plan(request, chosen, rekeyedInstances(chosen, desired)), run: null };
    });
}

/** Also says how a tenant that was removed comes back. */
function presentSubjects(of: string, backups: readonly Backup[], fleet: PresentFleet): BackupSubject[] {
  const isGone = !(of in fleet.fleet.tenants) && !fleet.desired.instances.some(({ spec }) => spec.instance === of);
  const past = backups.find(({ owner, parts }) => owner === of || parts.some(({ subject }) => subject === of));
  if (!isGone || past === undefined || fleet.desired.suspended.has(of)) return chooseSubjects(of, fleet);
  const isTenant = past.owner === of && past.parts.some(({ subject }) => subject !== of);
  throw new BerthError("not-found", `${of} is not in the fleet any more: there is no place to restore it to`, {
    hint: isTenant
      ? `\`berth tenant add ${of}\` makes one; then restore`
      : "Take it into the fleet file and apply that; then restore",
  });
}

function rekeyedInstances({ changed }: Chosen, { instances }: Desired): Map<string, InstanceSpec> {
  const rekeyed = new Set(changed.map(({ secret }) => secret.slice(0, secret.indexOf("/"))));
  return new Map(instances.filter(({ spec }) => rekeyed.has(spec.instance)).map(({ spec }) => [spec.instance, spec]));
}

/** What the backup holds besides, for whom there is no place. */
function goneParts(of: string, { backup, subjects }: Chosen): string[] {
  if (backup.subject !== of) return [];
  return backup.parts
    .filter(({ subject }) => !subjects.some((present) => present.subject === subject))
    .map(({ subject }) => `${subject} is not in the fleet any more: it stays in the backup`);
}

/** What there is besides, of which the backup has nothing. */
function newParts({ there, subjects }: Chosen): string[] {
  return there
    .filter((present) => !subjects.includes(present))
    .map(({ subject }) => `${subject} is not in the backup: it stays as it is`);
}
