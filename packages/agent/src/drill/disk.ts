/** Room on the disk that a drill may take. */
import { BerthError } from "@berth/shared/errors";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import { mebibytes } from "../backup/progress.ts";

/** A dump becomes tables, their indexes, and the log of writing both. */
const databaseFactor = 3;
/** For what else the node writes meanwhile. */
const reserveBytes = 256 * 1024 * 1024;

/** What the snapshots take about when all of them are restored, in bytes. */
export function restoredBytes(snapshots: readonly Pick<Snapshot, "kind" | "bytes">[]): number {
  return snapshots.reduce((sum, { kind, bytes }) => sum + bytes * (kind === "database" ? databaseFactor : 1), 0);
}

/** A full disk stops what runs on the node. */
export function requireDisk(subject: string, needed: number, free: number): void {
  if (needed + reserveBytes <= free) return;
  const message =
    `The drill of ${subject} takes about ${mebibytes(needed)} on the disk, and ${mebibytes(free)} are free: ` +
    `too little for it and ${mebibytes(reserveBytes)} to go on with.`;
  throw new BerthError("disk.full", message, {
    hint: "Enlarge the node's disk or remove unused images: docker image prune -a. What runs there was not touched.",
  });
}
