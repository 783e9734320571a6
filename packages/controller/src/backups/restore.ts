/** Bringing back what backups hold, with the secrets that it can only be read with. */
import { BerthError } from "@berth/shared/errors";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { listBackups } from "../inventory/backups.ts";
import { refuseSecondRun } from "../runs/store.ts";
import type { BackupChange, BackupControlDependencies, BackupOptions } from "./backup-control.ts";
import { chooseRestored, type RestoreChoice, type Restored } from "./choose-restored.ts";
import { type Adoption, adoptions, keptOf, renamedSecret, runsWith } from "./kept-secrets.ts";
import { uniqueOperations } from "./plan-images.ts";
import { byOwner, planBackups } from "./plan-backup.ts";
import { planRestore, type Rekeyed, type RestorePlan } from "./plan-restore.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { lacking, refuseLacking } from "./restore-ready.ts";
import { restoreKind } from "./settle-restore.ts";
import type { BackupSubject } from "./subjects.ts";

export interface RestoreRequest extends RestoreChoice {
  /** Whether what is there is backed up before. */
  backupFirst: boolean;
}

export interface RestoreDependencies extends BackupControlDependencies {
  newId: (subject: string) => string;
  prepareSecrets: (subjects: readonly BackupSubject[], fleet: PresentFleet) => Promise<void>;
}

/** What becomes of the instances whose secrets are not known to be those of their data. */
interface Keys {
  adopted: Map<string, Adoption[]>;
  versions: Map<string, number>;
}

export function createRestore(dependencies: RestoreDependencies) {
  const { inventory, secrets } = dependencies;

  /** What is adopted when the node does not run with it already. */
  async function keysOf(chosen: readonly Restored[]): Promise<Keys> {
    const keys: Keys = { adopted: new Map(), versions: new Map() };
    for (const { backup, subjects } of chosen) {
      for (const { subject } of subjects) {
        const names = { from: subject, to: subject };
        const adopted = adoptions(names, backup.secrets, secrets);
        const kept = keptOf(subject, backup.secrets).map(({ secret }) => renamedSecret(secret, names));
        const versions = new Map(kept.map((name) => [name, secrets.version(name) ?? 1]));
        for (const { name, version } of adopted) versions.set(name, version);
        if (versions.size === 0 || runsWith(await dependencies.running(subject), versions)) continue;
        keys.adopted.set(subject, adopted);
        for (const { name, version } of adopted) keys.versions.set(name, version);
      }
    }
    return keys;
  }

  function plan({ of, backupFirst }: RestoreRequest, chosen: readonly Restored[], how: Planning): RestorePlan {
    const { fleet, keys, specs } = how;
    const planned = chosen.map(({ backup, there, subjects }) => {
      const saved = [...byOwner(there)].map(([owner, own]) => ({ id: dependencies.newId(of ?? owner), subjects: own }));
      const first = backupFirst ? planBackups(saved, fleet) : [];
      const after = first.filter(({ kind }) => kind === "backup.create").map(({ id }) => id);
      const items = subjects.map((subject) => {
        const spec = specs.get(subject.subject);
        const adopted = keys.adopted.get(subject.subject);
        const rekeyed: Rekeyed | null = spec === undefined || adopted === undefined ? null : { spec, adopted };
        return { backup, from: subject.subject, subject, after, rekeyed };
      });
      const { operations, warnings } = planRestore(items, fleet);
      return { operations: [...first, ...operations], warnings };
    });
    const operations = uniqueOperations(planned.flatMap((one): PlannedOperation[] => one.operations));
    if (!operations.some(({ kind }) => kind === "backup.restore")) throw nothingToRestore(of, chosen);
    return { operations, warnings: [...how.notes, ...planned.flatMap(({ warnings }) => warnings)] };
  }

  return (request: RestoreRequest, { account, dryRun }: BackupOptions): Promise<BackupChange> =>
    dependencies.exclusively(async () => {
      const fleet = await dependencies.present();
      const { chosen, notes } = chooseRestored(request, await listBackups(inventory.database), fleet);
      if (!dryRun) await refuseSecondRun(inventory.database);
      const missing = lacking(
        await dependencies.fleetPlan(),
        chosen.flatMap(({ subjects }) => subjects),
      );
      if (!dryRun) refuseLacking(missing);
      if (!dryRun)
        await dependencies.prepareSecrets(
          chosen.flatMap(({ there }) => there),
          fleet,
        );
      const keys = await keysOf(chosen);
      const after = dependencies.desired(fleet.fleet, keys.versions);
      const specs = new Map(after.instances.map(({ spec }): [string, InstanceSpec] => [spec.instance, spec]));
      const restorePlan = plan(request, chosen, { fleet, keys, specs, notes: [...missing, ...notes] });
      if (dryRun) return { plan: restorePlan, run: null };
      const run = await dependencies.startRun({
        plan: restorePlan,
        kind: restoreKind,
        account,
        ...(keys.adopted.size === 0 ? {} : { alongside: await dependencies.recordDesired(after) }),
      });
      return { plan: restorePlan, run };
    });
}

interface Planning {
  fleet: PresentFleet;
  keys: Keys;
  specs: ReadonlyMap<string, InstanceSpec>;
  notes: string[];
}

function nothingToRestore(of: string | null, chosen: readonly Restored[]): BerthError {
  const what = chosen.map(({ backup }) => backup.id).join(", ");
  return new BerthError(
    "request.invalid",
    `The backup ${what} holds nothing that ${of ?? "the fleet"} has a place for`,
  );
}
