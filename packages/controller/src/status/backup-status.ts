/** How each owner's backups stand, from what is recorded of them. Pure. */
import type { Backup, LateBackup } from "@berth/shared/api/backups";
import type { OwnerBackups } from "@berth/shared/api/status";

export interface BackupQuestion {
  /** Whom the fleet backs up. */
  owners: readonly string[];
  /** The newest first. */
  backups: readonly Backup[];
  late: readonly LateBackup[];
}

export function backupStatus({ owners, backups, late }: BackupQuestion): OwnerBackups[] {
  const whole = Map.groupBy(
    backups.filter(({ owner, subject }) => owner === subject),
    ({ owner }) => owner,
  );
  const lateSince = new Map(late.map(({ owner, dueAt }) => [owner, dueAt]));
  return owners.map((owner) => {
    const own = whole.get(owner) ?? [];
    return {
      owner,
      newest: newestOf(own),
      failed: failureOf(own),
      lateSince: lateSince.get(owner) ?? null,
      provenAt: lastProof(own),
    };
  });
}

function newestOf(backups: readonly Backup[]): OwnerBackups["newest"] {
  const newest = backups.find(({ state }) => state === "complete");
  if (newest === undefined) return null;
  const { id, createdAt, verifiedAt, provenAt, parts } = newest;
  const snapshots = parts.flatMap((part) => part.snapshots);
  return { id, createdAt, verifiedAt, provenAt, bytes: snapshots.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** What failed before the newest one that is complete is past. One that is being made is yet to say. */
function failureOf(backups: readonly Backup[]): OwnerBackups["failed"] {
  const last = backups.find(({ state }) => state !== "running");
  if (last?.state !== "failed" && last?.state !== "lost") return null;
  const { id, run, createdAt, state } = last;
  return { id, run, createdAt, state };
}

/** Of any of them: those that follow are made the same way. */
function lastProof(backups: readonly Backup[]): string | null {
  const proofs = backups.flatMap(({ provenAt }) => (provenAt === null ? [] : [provenAt]));
  return proofs.toSorted().at(-1) ?? null;
}
