/**
 * Puts restored files in a volume's place. Both are directories of one filesystem, below Docker's own; two renames, and
 * the names tell at each instant how far it came:
 *   volume/_data, staging/_data/source    staged
 *   staging/_data/former, …/source        between the two
 *   volume/_data, staging/_data/former    exchanged
 */
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../files.ts";
import { volumePath } from "./snapshot.ts";

export interface VolumeDirectories {
  /** Of the volume. */
  volume: string;
  /** Of the volume that its snapshot was restored to. */
  staging: string;
}

const former = ({ staging }: VolumeDirectories): string => join(staging, "former");
const staged = ({ staging }: VolumeDirectories): string => join(staging, volumePath);

/** With nothing of the instance running. The volume holds what it held before, or all that was restored. */
export async function exchangeVolume(directories: VolumeDirectories): Promise<void> {
  await stat(staged(directories));
  await rename(directories.volume, former(directories));
  try {
    await rename(staged(directories), directories.volume);
  } catch (error) {
    await undoExchange(directories);
    throw error;
  }
}

/** After a kill between the two renames: the volume is what it was. */
export async function undoExchange(directories: VolumeDirectories): Promise<void> {
  if ((await isThere(directories.volume)) || !(await isThere(former(directories)))) return;
  await rename(former(directories), directories.volume);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
