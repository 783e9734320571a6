/** checkpoint.remove: the copies go; what was set aside stays. */
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { Volumes } from "../docker/tools.ts";
import type { OperationContext } from "../operations/context.ts";
import { type CheckpointDependencies, copyOf, setAsideOf } from "./dependencies.ts";
import { finishRestore } from "./restore.ts";

/** The checkpoint of another upgrade is left alone. */
export async function removeCheckpoint(
  dependencies: CheckpointDependencies,
  { instance, upgrade, volumes: wanted }: OperationInput<"checkpoint.remove">,
  { phase }: OperationContext,
): Promise<OperationResult<"checkpoint.remove">> {
  const { volumes, journal } = dependencies;
  await finishRestore(dependencies, instance);
  const known = journal.checkpoints.get(instance);
  if (known !== undefined && known.upgrade !== upgrade) return { removed: 0 };
  // Forgotten first: copies that are being removed must not be taken for whole ones.
  journal.checkpoints.remove(instance);
  const all = new Set([...wanted, ...(known?.volumes ?? [])]);
  return { removed: await phase("remove", instance, () => removeCopies(volumes, all)) };
}

/** Returns how many there were. */
export async function removeCopies(volumes: Volumes, of: Iterable<string>): Promise<number> {
  return removeAll(volumes, [...of].map(copyOf));
}

export async function removeSetAside(volumes: Volumes, of: Iterable<string>): Promise<number> {
  return removeAll(volumes, [...of].map(setAsideOf));
}

async function removeAll(volumes: Volumes, names: readonly string[]): Promise<number> {
  let removed = 0;
  for (const name of names) {
    if ((await volumes.volumeDirectory(name)) === null) continue;
    await volumes.removeVolume(name);
    removed += 1;
  }
  return removed;
}
