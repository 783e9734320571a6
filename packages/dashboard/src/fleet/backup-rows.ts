/** Backups as a reader sees them: by owner, what is amiss first. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { ControllerStanding, OwnerBackups } from "@berth/shared/api/status";

/** `running`: one is being made. `none`: there was no time for one yet. */
export type Standing = "running" | "late" | "failed" | "lost" | "none" | "complete";

export interface OwnerRow {
  owner: string;
  standing: Standing;
  lateSince: string | null;
  failed: OwnerBackups["failed"];
  /** The newest complete one of the owner as a whole. */
  newest: Backup | undefined;
  /** When the last proof was that one of its backups can be restored. */
  provenAt: string | null;
}

/** Of an owner's backups, or of the controller's own. */
export function standingOf({ newest, failed, lateSince }: OwnerBackups | ControllerStanding): Standing {
  if (lateSince !== null) return "late";
  if (failed !== null) return "state" in failed ? failed.state : "failed";
  return newest === null ? "none" : "complete";
}

/** Those that the fleet backs up: what is amiss first, then the newest first. */
export function ownerRows(owners: readonly OwnerBackups[], backups: readonly Backup[]): OwnerRow[] {
  const byId = new Map(backups.map((backup) => [backup.id, backup]));
  const running = new Set(backups.filter(isWhole).flatMap(({ state, owner }) => (state === "running" ? [owner] : [])));
  return owners
    .map((owner): OwnerRow => ({
      owner: owner.owner,
      standing: running.has(owner.owner) ? "running" : standingOf(owner),
      lateSince: owner.lateSince,
      failed: owner.failed,
      newest: byId.get(owner.newest?.id ?? ""),
      provenAt: owner.provenAt,
    }))
    .toSorted(
      (a, b) => rank(a) - rank(b) || createdAt(b).localeCompare(createdAt(a)) || a.owner.localeCompare(b.owner),
    );
}

/** Owners of backups that the fleet does not back up any more: tenants that were removed, or are suspended. */
export function formerOwners(owners: readonly OwnerBackups[], backups: readonly Backup[]): OwnerRow[] {
  const present = new Set(owners.map(({ owner }) => owner));
  const former = backups.filter((backup) => !present.has(backup.owner) && isWhole(backup));
  return [...Map.groupBy(former, ({ owner }) => owner)].map(([owner, own]) => ({
    owner,
    standing: own.some(({ state }) => state === "complete") ? "complete" : (own[0]?.state ?? "none"),
    lateSince: null,
    failed: null,
    newest: own.find(({ state }) => state === "complete"),
    provenAt:
      own
        .flatMap(({ provenAt }) => provenAt ?? [])
        .toSorted()
        .at(-1) ?? null,
  }));
}

const ranks: Record<Standing, number> = { late: 0, failed: 0, lost: 0, none: 1, running: 2, complete: 2 };

function rank({ standing }: OwnerRow): number {
  return ranks[standing];
}

function createdAt({ newest }: OwnerRow): string {
  return newest?.createdAt ?? "";
}

function isWhole({ owner, subject }: Backup): boolean {
  return owner === subject;
}

export interface BackupSize {
  /** Of what was backed up. */
  bytes: number;
  /** What the repository has grown by. */
  addedBytes: number;
}

/** undefined: nothing of it is there yet. `subject`: of this part alone. */
export function backupSize({ parts }: Backup, subject?: string): BackupSize | undefined {
  const snapshots = parts
    .filter((part) => subject === undefined || part.subject === subject)
    .flatMap((part) => part.snapshots);
  if (snapshots.length === 0) return undefined;
  const sum = (of: keyof BackupSize) => snapshots.reduce((total, snapshot) => total + snapshot[of], 0);
  return { bytes: sum("bytes"), addedBytes: sum("addedBytes") };
}

/** What stands in the list of the page: "2 late, 1 failed"; empty while all is well. */
export function troubleText(owners: readonly OwnerBackups[]): string {
  const standings = owners.map(standingOf);
  return (["late", "failed", "lost"] as const)
    .map((standing) => [standings.filter((one) => one === standing).length, standing] as const)
    .filter(([number]) => number > 0)
    .map(([number, standing]) => `${number} ${standing}`)
    .join(", ");
}

/** What has to be done about the key that opens the controller's backups; undefined: nothing. */
export function keyTrouble({ newest, recoveryKey }: ControllerStanding): "not kept" | "former" | undefined {
  if (recoveryKey === null) return undefined;
  if (recoveryKey.shownAt === null) return "not kept";
  const version = newest?.keyVersion ?? null;
  return version !== null && version < recoveryKey.version ? "former" : undefined;
}

/** Those that were never proven by a restore, though there is something to prove. */
export function unproven(owners: readonly OwnerBackups[]): string[] {
  return owners.filter(({ newest, provenAt }) => newest !== null && provenAt === null).map(({ owner }) => owner);
}
