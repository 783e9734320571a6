/**
 * Room on the disk while a new version is tried. One that fills the disk would leave none to go back with: neither for
 * the journal nor for the former version to start.
 */
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type CheckpointDependencies, copyOf } from "./dependencies.ts";

const reserveBytes = 64 * 1024 * 1024;

/** Beside the files of the first copy: it goes with it. */
async function reserveFile(
  { volumes }: Pick<CheckpointDependencies, "volumes">,
  [volume]: readonly string[],
): Promise<string | null> {
  const directory = volume === undefined ? null : await volumes.volumeDirectory(copyOf(volume));
  return directory === null ? null : join(dirname(directory), "reserve");
}

export async function keepReserve(
  dependencies: Pick<CheckpointDependencies, "volumes" | "files">,
  of: readonly string[],
): Promise<void> {
  const file = await reserveFile(dependencies, of);
  if (file !== null) await dependencies.files.allocate(file, reserveBytes);
}

export async function freeReserve(
  dependencies: Pick<CheckpointDependencies, "volumes" | "journal">,
  instance: string,
): Promise<void> {
  const known = dependencies.journal.checkpoints.get(instance);
  const file = known === undefined ? null : await reserveFile(dependencies, known.volumes);
  if (file !== null) await rm(file, { force: true });
}
