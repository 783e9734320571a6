/** Instances that stay stopped. */
import { BerthError } from "@berth/shared/errors";
import type { Engine } from "../docker/engine.ts";
import type { OperationContext } from "../operations/context.ts";
import { runningContainers, stopInReverse } from "../operations/pause-instance.ts";
import type { CheckpointDependencies } from "./dependencies.ts";

/** From now on it is stopped, and stays so whatever happens: by this operation, or by the agent once that has ended. */
export async function holdStopped(
  { engine, journal }: Pick<CheckpointDependencies, "engine" | "journal">,
  instance: string,
  context: OperationContext,
): Promise<void> {
  const { desired, held, stopped } = journal;
  journal.transaction(() => {
    held.hold(instance);
    stopped.remove(instance);
  });
  await stopInReverse(engine, await runningContainers({ engine, desired }, instance), context);
}

/** Does `work` with the instance stopped; throws when anything of it was started meanwhile. */
export async function whileStill<T>(engine: Engine, instance: string, work: () => Promise<T>): Promise<T> {
  const before = await starts(engine, instance);
  const value = await work();
  if ((await starts(engine, instance)) === before) return value;
  throw new BerthError("conflict", `${instance} was started while its volumes were copied.`, {
    hint: "Who started it? Berth has it stopped for a moment; try again.",
  });
}

async function starts(engine: Engine, instance: string): Promise<string> {
  const containers = await engine.listContainers({ instance });
  const details = await Promise.all(containers.map(async ({ id }) => engine.inspectContainer(id)));
  const facts = details.flatMap((one) => (one === null ? [] : [[one.id, one.startedAt, one.state === "running"]]));
  return JSON.stringify(facts.toSorted());
}
