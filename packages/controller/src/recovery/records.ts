/** The controller's own backups as records: what is kept, what is amiss. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { ControllerBackup, RecoveryKey } from "@berth/shared/api/recovery";
import { expendableBackups, type KeepRules } from "../backups/keep.ts";
import { controllerOwner } from "./store.ts";

const suffix = ".tar.gz.age";
const namePattern = /^controller-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[0-9a-f]{4}$/;

export function fileNameOf(id: string): string {
  return `${id}${suffix}`;
}

/** What a file at the target says of itself; null: it is none of ours. */
export function archiveOf(fileName: string): { id: string; createdAt: string } | null {
  const id = fileName.endsWith(suffix) ? fileName.slice(0, -suffix.length) : "";
  const [, year, month, day, hour, minute, second] = namePattern.exec(id) ?? [];
  if (year === undefined) return null;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? null : { id, createdAt: new Date(at).toISOString() };
}

/** As the rules for keeping backups, and the schedule, see them. */
export function asBackup({ id, createdAt, state, reason }: ControllerBackup): Backup {
  return {
    ...{ id, createdAt, state, owner: controllerOwner, subject: controllerOwner },
    reason: reason === "manual" ? "manual" : "schedule",
    ...{ run: 0, parts: [], secrets: [], verifiedAt: null, provenAt: null, location: null },
  };
}

export function expendableIds(backups: readonly ControllerBackup[], rules: KeepRules, now: number): string[] {
  return expendableBackups(backups.map(asBackup), rules, now).map(({ id }) => id);
}

export interface Standing {
  /** The newest first. */
  backups: readonly ControllerBackup[];
  key: Pick<RecoveryKey, "version" | "shownAt"> | null;
}

/** What somebody has to do so that a lost controller can be rebuilt. */
export function warningsOf({ backups, key }: Standing): string[] {
  const [newest] = backups;
  const complete = backups.find(({ state }) => state === "complete");
  const warnings: string[] = [];
  if (key?.shownAt === null)
    warnings.push(
      "nobody has the key that opens the controller's backups: keep what `berth controller recovery-key` prints, elsewhere",
    );
  if (newest?.state === "failed")
    warnings.push(`the last backup of the controller failed: ${newest.error ?? newest.id}`);
  if (complete === undefined && newest !== undefined && newest.state !== "running")
    warnings.push("there is no backup of the controller yet");
  if (key !== null && complete !== undefined && complete.keyVersion !== null && complete.keyVersion < key.version)
    warnings.push(
      `the newest backup of the controller is opened by version ${complete.keyVersion} of the recovery key: \`berth controller backup\` makes one for the present key`,
    );
  return warnings;
}
