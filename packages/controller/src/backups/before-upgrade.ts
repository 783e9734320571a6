/** What an upgrade begins with: what its instances hold, backed up and verified. Pure. */
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { ownerOf } from "../plan/owners.ts";
import { planBackups, type PlannedBackup } from "./plan-backup.ts";
import { uniqueOperations } from "./plan-images.ts";
import { planChecks } from "./plan-repositories.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { type BackupSubject, backupSubjects } from "./subjects.ts";

/** What belongs together in one backup. */
export interface BackupOfUpgrade {
  /** Instance; or the owner, where the instance is a store that keeps what others have in it. */
  of: string;
  subjects: BackupSubject[];
}

/**
 * Of each of the instances, what it holds; of a store, all that those hold whom it serves. Of one that holds nothing that
 * is backed up there is none.
 */
export function backupsOfUpgrade(instances: readonly string[], fleet: PresentFleet): BackupOfUpgrade[] {
  const subjects = backupSubjects(fleet);
  const served = servedOwners(instances, subjects, fleet);
  const owners = [...served].map((of) => ({ of, subjects: subjects.filter(({ owner }) => owner === of) }));
  const alone = subjects
    .filter(({ subject, owner }) => instances.includes(subject) && !served.has(owner))
    .map((subject) => ({ of: subject.subject, subjects: [subject] }));
  return [...owners, ...alone];
}

/** Each repository is read once all that goes into it is there: a target that loses what it takes is no protection. */
export function planBackupsOfUpgrade(backups: readonly PlannedBackup[], fleet: PresentFleet): PlannedOperation[] {
  const made = planBackups(backups, fleet);
  const nodes = new Map(backups.flatMap(({ subjects }) => subjects.map(({ owner, node }) => [owner, node] as const)));
  const checks = planChecks(nodes, fleet).map((operation) => {
    if (operation.kind !== "repository.check") return operation;
    const { owner } = operation.input.repository;
    const own = made.filter((each) => each.kind === "backup.create" && each.input.repository.owner === owner);
    return { ...operation, after: [...operation.after, ...own.map(({ id }) => id)] };
  });
  return uniqueOperations([...made, ...checks]);
}

/** Owners of what the instances keep as stores. */
function servedOwners(
  instances: readonly string[],
  subjects: readonly BackupSubject[],
  { desired }: PresentFleet,
): Set<string> {
  const served = desired.needs
    .filter(({ kind, server }) => kind !== "models.ensure" && instances.includes(server))
    .map((need) => ownerOf(need));
  return new Set(
    subjects
      .filter(({ subject, owner }) => served.includes(subject) || served.includes(owner))
      .map(({ owner }) => owner),
  );
}
