/** What a restore brings back, and to where. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";
import { type BackupChoice, chooseBackup, newestWhole } from "./choose-backup.ts";
import { formerTarget, refuseFormerTarget } from "./former-target.ts";
import { byOwner } from "./plan-backup.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { backupSubjects, type BackupSubject, chooseSubjects } from "./subjects.ts";

export interface RestoreChoice extends Omit<BackupChoice, "of"> {
  /** Tenant or instance; null: every owner that has a backup. */
  of: string | null;
}

/** What comes back of one owner. */
export interface Restored {
  backup: Backup;
  /** All that there is of what is restored. */
  there: BackupSubject[];
  /** Those of them that the backup has. */
  subjects: BackupSubject[];
}

export interface RestoredChoice {
  chosen: Restored[];
  /** What stays as it is, as sentences for the reader. */
  notes: string[];
}

export function chooseRestored(choice: RestoreChoice, backups: readonly Backup[], fleet: PresentFleet): RestoredChoice {
  const { of } = choice;
  if (of === null) return chooseAll(choice, backups, fleet);
  const there = presentSubjects(of, backups, fleet);
  const restored = withParts(chooseBackup(backups, { ...choice, of }), there);
  refuseFormerTarget(restored.backup, fleet);
  return { chosen: [restored], notes: [...goneParts(of, restored, fleet), ...newParts(restored)] };
}

/** Each owner's newest. One that has none is told and left. */
function chooseAll({ backup, at }: RestoreChoice, backups: readonly Backup[], fleet: PresentFleet): RestoredChoice {
  if (backup !== undefined)
    throw new BerthError("request.invalid", "One backup is of one owner, and not of everything", {
      hint: "Name the owner, or a time instead of the backup",
    });
  const chosen: Restored[] = [];
  const notes: string[] = [];
  for (const [owner, there] of byOwner(backupSubjects(fleet))) {
    const newest = newestWhole(backups, owner, at);
    const former = newest === undefined ? null : formerTarget(newest, fleet);
    if (newest === undefined)
      notes.push(`${owner} has no complete backup${at === undefined ? "" : ` of ${at} or before`}: it stays as it is`);
    else if (former !== null) notes.push(`${former}: ${owner} stays as it is`);
    else chosen.push(withParts(newest, there));
  }
  if (chosen.length === 0) {
    const why = notes.length === 0 ? "" : `: ${notes.join("; ")}`;
    throw new BerthError("not-found", `There is nothing that could be restored${why}`, {
      hint: "`berth backup list` shows what there is",
    });
  }
  return {
    chosen,
    notes: [
      ...notes,
      ...unreachable(backups, fleet),
      ...chosen.flatMap((one) => [...goneParts(one.backup.owner, one, fleet), ...newParts(one)]),
    ],
  };
}

function withParts(backup: Backup, there: BackupSubject[]): Restored {
  return {
    backup,
    there,
    subjects: there.filter(({ subject }) => backup.parts.some((part) => part.subject === subject)),
  };
}

/** Owners for whose backups there is no place now. */
function unreachable(backups: readonly Backup[], { fleet, desired }: PresentFleet): string[] {
  return [...new Set(backups.map(({ owner }) => owner))].toSorted().flatMap((owner) => {
    if (fleet.tenants[owner]?.suspended === true) return [`tenant '${owner}' is suspended: it stays as it is`];
    if (desired.suspended.has(owner)) return [`${owner} is suspended: it stays as it is`];
    const isThere = owner in fleet.tenants || desired.instances.some(({ spec }) => spec.instance === owner);
    return isThere ? [] : [`${owner} is not in the fleet any more: its backups stay`];
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

/** What the backup holds besides, for whom there is no place now. */
function goneParts(of: string, { backup, subjects }: Restored, { desired }: Pick<PresentFleet, "desired">): string[] {
  if (backup.subject !== of) return [];
  return backup.parts
    .filter(({ subject }) => !subjects.some((present) => present.subject === subject))
    .map(({ subject }) => {
      const why = desired.suspended.has(subject) ? "is suspended" : "is not in the fleet any more";
      return `${subject} ${why}: it stays in the backup`;
    });
}

/** What there is besides, of which the backup has nothing. */
function newParts({ there, subjects }: Restored): string[] {
  return there
    .filter((present) => !subjects.includes(present))
    .map(({ subject }) => `${subject} is not in the backup: it stays as it is`);
}
