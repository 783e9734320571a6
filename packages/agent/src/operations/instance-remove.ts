/** instance.remove: the instance's containers are gone; its volumes only when that is asked for. */
import type { OperationResult } from "@berth/shared/operations/index";
import type { Engine } from "../docker/engine.ts";
import type { Journal } from "../journal/journal.ts";
import type { OperationContext, OperationHandler } from "./context.ts";
import { throughOutages } from "./outage.ts";

export function instanceRemove(
  engine: Engine,
  { held, checkpoints }: Pick<Journal, "held" | "checkpoints">,
): OperationHandler<"instance.remove"> {
  return async ({ instance, volumes }, context) => {
    const result = await throughOutages(engine, context, () => remove(engine, instance, volumes, context));
    held.release(instance);
    // The copies are volumes of the instance as well.
    if (volumes) checkpoints.remove(instance);
    return result;
  };
}

async function remove(
  engine: Engine,
  instance: string,
  volumes: boolean,
  { signal, progress, phase }: OperationContext,
): Promise<OperationResult<"instance.remove">> {
  const containers = await engine.listContainers({ instance });
  for (const { id, name, state } of containers.toReversed()) {
    signal.throwIfAborted();
    progress({ line: `removing ${name}` });
    if (state === "running") await phase("stop", name, () => engine.stopContainer(id, null));
    await phase("remove", name, () => engine.removeContainer(id));
  }
  const removed = volumes ? await phase("remove", instance, () => engine.removeVolumes(instance)) : [];
  return { removed: containers.length > 0 || removed.length > 0 };
}
