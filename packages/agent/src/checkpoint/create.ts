/** checkpoint.create: the instance stops, its volumes are copied beside themselves, and it stays stopped. */
import { BerthError } from "@berth/shared/errors";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import { mebibytes } from "../backup/progress.ts";
import type { Checkpoint } from "../journal/checkpoints.ts";
import type { OperationContext } from "../operations/context.ts";
import { startAgainOrTell, stopForAWhile } from "../operations/pause-instance.ts";
import { type CheckpointDependencies, copyOf } from "./dependencies.ts";
import { holdStopped, whileStill } from "./hold.ts";
import { removeCopies, removeSetAside } from "./remove.ts";
import { keepReserve } from "./reserve.ts";
import { finishRestore } from "./restore.ts";

type Input = OperationInput<"checkpoint.create">;

/** For the instance to start with, and for what everything else on the node writes meanwhile. */
const reserveBytes = 128 * 1024 * 1024;

export async function createCheckpoint(
  dependencies: CheckpointDependencies,
  input: Input,
  context: OperationContext,
): Promise<OperationResult<"checkpoint.create">> {
  const { instance, upgrade } = input;
  await finishRestore(dependencies, instance);
  const known = dependencies.journal.checkpoints.get(instance);
  if (known?.upgrade === upgrade && known.state === "complete") {
    await holdStopped(dependencies, instance, context);
    return { bytes: known.bytes, stoppedAt: known.stoppedAt };
  }
  await context.phase("remove", instance, () => clearAway(dependencies, input, known));
  await context.phase("check space", instance, () => checkSpace(dependencies, input, context.signal));
  return copyAll(dependencies, input, context, known);
}

/** What is in the way: another upgrade's checkpoint, one that was not finished, and what was set aside. */
async function clearAway(
  { volumes, journal }: CheckpointDependencies,
  { instance, volumes: wanted }: Input,
  known: Checkpoint | undefined,
): Promise<void> {
  // Forgotten first: copies that are being removed must not be taken for whole ones.
  journal.checkpoints.remove(instance);
  const all = new Set([...wanted, ...(known?.volumes ?? [])]);
  await removeCopies(volumes, all);
  await removeSetAside(volumes, all);
}

/** Before anything stops. */
async function checkSpace(
  { volumes, files }: CheckpointDependencies,
  { instance, node, volumes: wanted }: Input,
  signal: AbortSignal,
): Promise<void> {
  let size = 0;
  let free = Number.POSITIVE_INFINITY;
  for (const volume of wanted) {
    const directory = await volumes.volumeDirectory(volume);
    if (directory === null) continue;
    size += await files.size(directory, signal);
    free = Math.min(free, await files.free(directory));
  }
  if (size + reserveBytes <= free) return;
  const message =
    `The volumes of ${instance} hold ${mebibytes(size)}, and ${mebibytes(free)} are free on ${node}'s disk: ` +
    `too little for a copy of them and ${mebibytes(reserveBytes)} to go on with.`;
  throw new BerthError("disk.full", message, {
    hint: "Enlarge the node's disk or remove unused images: docker image prune -a.",
  });
}

async function copyAll(
  dependencies: CheckpointDependencies,
  { instance, upgrade, volumes: wanted }: Input,
  context: OperationContext,
  known: Checkpoint | undefined,
): Promise<OperationResult<"checkpoint.create">> {
  const { engine, volumes, journal } = dependencies;
  const { desired, stopped, held, checkpoints } = journal;
  // An attempt that was killed has stopped it already.
  const isCarriedOn = known?.upgrade === upgrade && known.state === "copying" && stopped.get(instance).length > 0;
  const stoppedAt = isCarriedOn ? known.stoppedAt : new Date().toISOString();
  const spec = desired.proven(instance) ?? null;
  const checkpoint = { upgrade, volumes: wanted, stoppedAt, spec };
  try {
    checkpoints.set(instance, { ...checkpoint, state: "copying", bytes: 0 });
    await stopForAWhile({ engine, stopped, desired }, instance, context);
    const bytes = await whileStill(engine, instance, () => copyVolumes(dependencies, instance, wanted, context));
    await keepReserve(dependencies, wanted);
    context.signal.throwIfAborted();
    journal.transaction(() => {
      checkpoints.set(instance, { ...checkpoint, state: "complete", bytes });
      held.hold(instance);
      stopped.remove(instance);
    });
    return { bytes, stoppedAt };
  } catch (error) {
    // Removed first: the instance may need the room.
    await removeCopies(volumes, wanted).catch((failure: unknown) => {
      context.progress({ line: `copies could not be removed yet: ${String(failure)}` });
    });
    await startAgainOrTell({ engine, stopped }, instance, context);
    throw error;
  }
}

/** Returns the size of the copies, which are on the disk. */
async function copyVolumes(
  dependencies: CheckpointDependencies,
  instance: string,
  wanted: readonly string[],
  context: OperationContext,
): Promise<number> {
  let bytes = 0;
  for (const volume of wanted) {
    bytes += await context.phase("copy", volume, () => copyVolume(dependencies, instance, volume, context));
  }
  context.progress({ line: `${instance}: its volumes are copied (${mebibytes(bytes)})` });
  return bytes;
}

async function copyVolume(
  { volumes, files }: CheckpointDependencies,
  instance: string,
  volume: string,
  { signal, progress }: OperationContext,
): Promise<number> {
  const copy = copyOf(volume);
  await volumes.createVolume(copy, instance);
  const [from, to] = [await volumes.volumeDirectory(volume), await volumes.volumeDirectory(copy)];
  if (to === null) throw new BerthError("docker.failed", `The volume ${copy} is not there although it was made.`);
  // One that is not there yet is made by the first start: its copy is empty, as it is.
  if (from !== null) {
    progress({ line: `copying ${volume}` });
    await files.copy(from, to, signal);
  }
  const bytes = await files.size(to, signal);
  await files.sync(to);
  return bytes;
}
