/**
 * Puts files in a volume's place. All are directories of one filesystem, below Docker's own; two renames, and the names
 * tell at each instant how far it came:
 *   volume, next      nothing is done
 *   former, next      between the two
 *   former, volume    exchanged
 */
import { rename, stat } from "node:fs/promises";
import { isMissing } from "../files.ts";

export interface VolumeExchange {
  /** Directory of the volume. */
  volume: string;
  /** What is to be in its place. */
  next: string;
  /** Where what is there goes; not there yet, or empty. */
  former: string;
}

/** With nothing of the instance running. The volume holds what it held before, or all that was to come. */
export async function exchangeVolume(exchange: VolumeExchange): Promise<void> {
  await stat(exchange.next);
  try {
    await finishExchange(exchange);
  } catch (error) {
    await undoExchange(exchange);
    throw error;
  }
}

/** Carries the exchange on from wherever it was; changes nothing when it is done. */
export async function finishExchange({ volume, next, former }: VolumeExchange): Promise<void> {
  if (!(await isThere(next))) return;
  if (await isThere(volume)) await rename(volume, former);
  await rename(next, volume);
}

/** After a kill between the two renames: the volume is what it was. */
export async function undoExchange({ volume, former }: VolumeExchange): Promise<void> {
  if ((await isThere(volume)) || !(await isThere(former))) return;
  await rename(former, volume);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
