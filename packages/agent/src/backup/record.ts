/**
 * The record of a backup: a last, small snapshot that names the others. Snapshots that no record names are what an
 * interrupted attempt has left, however whole they look: one that is cut off from its input ends like any other.
 */
import { snapshotSchema } from "@berth/shared/operations/backup-source";
import * as z from "zod";
import { type SnapshotOptions, snapshotStream } from "./snapshot.ts";

export const recordTag = "record";
export const recordFile = "backup.json";

export const backupRecordSchema = z.object({
  backup: z.string(),
  fleet: z.string(),
  subject: z.string(),
  snapshots: z.array(snapshotSchema),
});
export type BackupRecord = z.output<typeof backupRecordSchema>;

export const backupTag = (backup: string): string => `backup:${backup}`;

export async function writeRecord(
  options: Omit<SnapshotOptions, "tags" | "host">,
  { backup, fleet, subject, snapshots }: BackupRecord,
): Promise<void> {
  const tags = [backupTag(backup), `fleet:${fleet}`, recordTag];
  const content = Buffer.from(JSON.stringify({ backup, fleet, subject, snapshots }));
  await snapshotStream({ ...options, host: subject, tags }, recordFile, (sink) => sink(content));
}
