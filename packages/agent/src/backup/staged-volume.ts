/** A volume's snapshot beside the volume, until it takes the volume's place. */
import { BerthError } from "@berth/shared/errors";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import type { BackupDependencies } from "./dependencies.ts";
import { exchangeVolume, undoExchange, type VolumeDirectories } from "./exchange-volume.ts";
import { restoreVolume } from "./read-snapshot.ts";
import type { Restic } from "./restic.ts";

type Tools = Pick<BackupDependencies, "tools">;

const stagingOf = (volume: string): string => `${volume}-restoring`;

export interface StagedVolume {
  volume: string;
  instance: string;
  snapshot: Snapshot;
}

/** Restores the snapshot into a volume of its own. What a killed attempt has left is cleared away first. */
export async function stageVolume(
  { tools }: Tools,
  restic: Restic,
  { volume, instance, snapshot }: StagedVolume,
  signal: AbortSignal,
): Promise<void> {
  const staging = stagingOf(volume);
  await tools.createVolume(volume, instance);
  await removeStaging({ tools }, volume);
  await tools.createVolume(staging, null);
  await restoreVolume(restic, snapshot.snapshot, staging, signal);
}

export async function putVolumeInPlace(tools: Tools, volume: string): Promise<void> {
  const directories = await directoriesOf(tools, volume);
  if (directories !== null) return exchangeVolume(directories);
  throw new BerthError("conflict", `The volume ${volume} was removed while it was being restored.`, {
    hint: "Restore it again.",
  });
}

/** With the volume as it was before, or as it was restored. */
export async function removeStaging({ tools }: Tools, volume: string): Promise<void> {
  const directories = await directoriesOf({ tools }, volume);
  if (directories !== null) await undoExchange(directories);
  await tools.removeVolume(stagingOf(volume));
}

async function directoriesOf({ tools }: Tools, volume: string): Promise<VolumeDirectories | null> {
  const [target, staging] = await Promise.all([
    tools.volumeDirectory(volume),
    tools.volumeDirectory(stagingOf(volume)),
  ]);
  return target === null || staging === null ? null : { volume: target, staging };
}
