/** checkpoint.restore: the copies take the volumes' place, and what was there is set aside. */
import { dirname } from "node:path";
import { BerthError } from "@berth/shared/errors";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { Checkpoint } from "../journal/checkpoints.ts";
import type { OperationContext } from "../operations/context.ts";
import { finishExchange } from "../volumes/exchange.ts";
import { type CheckpointDependencies, copyOf, setAsideOf } from "./dependencies.ts";
import { holdStopped } from "./hold.ts";
import { freeReserve } from "./reserve.ts";

export async function restoreCheckpoint(
  dependencies: CheckpointDependencies,
  { instance, upgrade }: OperationInput<"checkpoint.restore">,
  context: OperationContext,
): Promise<OperationResult<"checkpoint.restore">> {
  const { checkpoints } = dependencies.journal;
  const known = checkpoints.get(instance);
  if (known === undefined || known.upgrade !== upgrade || known.state === "copying") {
    throw new BerthError("not-found", `There is no checkpoint of ${instance} from the upgrade ${upgrade}.`, {
      hint: "Its data are as the last version that ran has left them; berth restore brings a backup back.",
    });
  }
  await freeReserve(dependencies, instance);
  await holdStopped(dependencies, instance, context);
  if (known.state === "complete") {
    await requireCopies(dependencies, known.volumes);
    context.progress({ line: `${instance}: putting the data of before the upgrade back` });
    checkpoints.set(instance, { ...known, state: "restoring" });
  }
  await context.phase("put back", instance, () => finishRestore(dependencies, instance));
  return { setAside: known.volumes.map(setAsideOf) };
}

/** All of them, before the first takes its volume's place: volumes of one instance belong to one moment. */
async function requireCopies({ volumes }: CheckpointDependencies, names: readonly string[]): Promise<void> {
  for (const volume of names) {
    if ((await volumes.volumeDirectory(copyOf(volume))) === null) throw removed(volume);
  }
}

function removed(volume: string): BerthError {
  return new BerthError("not-found", `The volume ${copyOf(volume)}, the copy of ${volume}, was removed.`, {
    hint: "berth restore brings a backup back.",
  });
}

/**
 * Carries on what puts a checkpoint back, where that has begun: volumes of one instance belong to one moment. Not to be
 * aborted: it is over in no time. From then on the node is held to what ran on these data.
 */
export async function finishRestore(dependencies: CheckpointDependencies, instance: string): Promise<void> {
  const { desired, checkpoints } = dependencies.journal;
  const known = checkpoints.get(instance);
  if (known?.state !== "restoring") return;
  for (const volume of known.volumes) await putBack(dependencies, instance, volume);
  dependencies.journal.transaction(() => {
    if (known.spec !== null) {
      desired.set(known.spec);
      desired.prove(instance);
    }
    checkpoints.set(instance, { ...known, state: "restored" } satisfies Checkpoint);
  });
}

async function putBack({ volumes, files }: CheckpointDependencies, instance: string, volume: string): Promise<void> {
  const setAside = setAsideOf(volume);
  // The volume itself is made where the new version has not come as far as that.
  for (const name of [volume, setAside]) await volumes.createVolume(name, instance);
  const [target, next, former] = await Promise.all([
    volumes.volumeDirectory(volume),
    volumes.volumeDirectory(copyOf(volume)),
    volumes.volumeDirectory(setAside),
  ]);
  if (target === null || next === null || former === null) throw removed(volume);
  await finishExchange({ volume: target, next, former });
  // The directory of the volume's directory: of all volumes.
  await files.sync(dirname(target));
}
