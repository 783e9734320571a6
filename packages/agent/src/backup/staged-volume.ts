/** A volume's snapshot beside the volume, until it takes the volume's place. */
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import { exchangeVolume, undoExchange, type VolumeExchange } from "../volumes/exchange.ts";
import type { BackupDependencies } from "./dependencies.ts";
import { restoreVolume } from "./read-snapshot.ts";
import type { Restic } from "./restic.ts";
import { volumePath } from "./snapshot.ts";

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
  const exchange = await exchangeOf(tools, volume);
  if (exchange !== null) return exchangeVolume(exchange);
  throw new BerthError("conflict", `The volume ${volume} was removed while it was being restored.`, {
    hint: "Restore it again.",
  });
}

/** With the volume as it was before, or as it was restored. */
export async function removeStaging({ tools }: Tools, volume: string): Promise<void> {
  const exchange = await exchangeOf({ tools }, volume);
  if (exchange !== null) await undoExchange(exchange);
  await tools.removeVolume(stagingOf(volume));
}

async function exchangeOf({ tools }: Tools, volume: string): Promise<VolumeExchange | null> {
  const [target, staging] = await Promise.all([
    tools.volumeDirectory(volume),
    tools.volumeDirectory(stagingOf(volume)),
  ]);
  if (target === null || staging === null) return null;
  return { volume: target, next: join(staging, volumePath), former: join(staging, "former") };
}
