/** Which backup is restored. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";

export interface BackupChoice {
  /** Tenant or instance. */
  of: string;
  backup?: string | undefined;
  /** ISO 8601. */
  at?: string | undefined;
}

/** Throws `not-found` when there is none, and `conflict` for one that cannot be restored. */
export function chooseBackup(backups: readonly Backup[], { of, backup: id, at }: BackupChoice): Backup {
  const named = id === undefined ? undefined : requireBackup(backups, id);
  if (named !== undefined) {
    if (!holds(named, of))
      throw new BerthError("request.invalid", `The backup ${named.id} holds nothing of ${of}`, seeList(of));
    if (named.state === "complete") return named;
    throw new BerthError(
      "conflict",
      `The backup ${named.id} cannot be restored: ${unusable[named.state]}`,
      seeList(of),
    );
  }
  const newest = newestOf(backups, at, (backup) => holds(backup, of));
  if (newest !== undefined) return newest;
  const when = at === undefined ? "" : ` of ${at} or before`;
  throw new BerthError("not-found", `There is no complete backup of ${of}${when}`, seeList(of));
}

/** An owner's newest complete one of all that it has. undefined: there is none. */
export function newestWhole(backups: readonly Backup[], owner: string, at?: string): Backup | undefined {
  return newestOf(backups, at, (backup) => backup.owner === owner && backup.subject === owner);
}

function newestOf(
  backups: readonly Backup[],
  at: string | undefined,
  isMeant: (backup: Backup) => boolean,
): Backup | undefined {
  const before = at === undefined ? Infinity : Date.parse(at);
  const [newest] = backups
    .filter((backup) => backup.state === "complete" && isMeant(backup) && Date.parse(backup.createdAt) <= before)
    .toSorted((one, other) => other.createdAt.localeCompare(one.createdAt));
  return newest;
}

/** Throws `not-found`. */
export function requireBackup(backups: readonly Backup[], id: string): Backup {
  const found = backups.find((backup) => backup.id === id);
  if (found !== undefined) return found;
  throw new BerthError("not-found", `There is no backup ${id}`, { hint: "`berth backup list` shows the backups" });
}

const unusable = {
  running: "it is not complete yet",
  failed: "a part of it failed",
  lost: "its repository no longer holds all of it",
} as const;

/** Of a tenant it must be the whole; of an instance, one that has it as a part. */
function holds({ subject, parts }: Backup, of: string): boolean {
  return subject === of || parts.some((part) => part.subject === of);
}

function seeList(of: string) {
  return { hint: `\`berth backup list ${of}\` shows what there is` };
}
