/** Stopping an instance for a while, so that it runs again whatever happens: the journal knows which containers ran. */
import type { Engine } from "../docker/engine.ts";
import type { DesiredState } from "../journal/desired-state.ts";
import type { StoppedInstances } from "../journal/stopped-instances.ts";
import type { OperationContext } from "../operations/context.ts";
import { waitUntilHealthy } from "../operations/health-gate.ts";
import { unhealthyError } from "../operations/health.ts";
import { logTail } from "../operations/log-tail.ts";
import { redactor } from "../operations/redact.ts";

export interface PauseDependencies {
  engine: Engine;
  stopped: StoppedInstances;
  desired: DesiredState;
}

/** Does `work` while nothing of the instance runs. Returns how long that was, in milliseconds, and what `work` made. */
export async function whileStopped<T>(
  dependencies: PauseDependencies,
  instance: string,
  context: OperationContext,
  work: () => Promise<T>,
): Promise<{ value: T; milliseconds: number }> {
  const startedAt = performance.now();
  let isStopped = false;
  try {
    isStopped = await stop(dependencies, instance, context);
    const value = await work();
    await startAgain(dependencies, instance);
    const milliseconds = isStopped ? Math.round(performance.now() - startedAt) : 0;
    return { value, milliseconds };
  } catch (error) {
    // Where Docker is away, the mark in the journal has the agent start it when Docker is back.
    await startAgain(dependencies, instance).catch((failure: unknown) => {
      const reason = failure instanceof Error ? failure.message : String(failure);
      context.progress({ line: `${instance} could not be started again yet: ${reason}` });
    });
    throw error;
  }
}

/** The last to start stops first. False: nothing of it ran. */
async function stop(
  { engine, stopped, desired }: PauseDependencies,
  instance: string,
  { signal, progress }: OperationContext,
): Promise<boolean> {
  signal.throwIfAborted();
  const order = (desired.get(instance)?.containers ?? []).map(({ name }) => name);
  const containers = await engine.listContainers({ instance });
  const marked = stopped.get(instance);
  const running = containers
    .filter(({ id, state }) => state === "running" || state === "restarting" || marked.includes(id))
    .toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  if (running.length === 0) return false;
  stopped.set(
    instance,
    running.map(({ id }) => id),
  );
  for (const { id, name } of running.toReversed()) {
    signal.throwIfAborted();
    progress({ line: `stopping ${name}` });
    await engine.stopContainer(id, null);
  }
  return true;
}

/** Starts what a pause has stopped, in order. Does nothing for an instance that none has stopped. */
export async function startAgain(
  { engine, stopped }: Pick<PauseDependencies, "engine" | "stopped">,
  instance: string,
): Promise<void> {
  const ids = stopped.get(instance);
  if (ids.length === 0) return;
  for (const id of ids) {
    // One that is gone was replaced or removed meanwhile.
    if ((await engine.inspectContainer(id)) !== null) await engine.startContainer(id);
  }
  stopped.remove(instance);
}

/** Waits until each container of the instance is healthy, in order. `fate`: what an unhealthy one is left with. */
export async function waitForHealth(
  { engine, desired }: Pick<PauseDependencies, "engine" | "desired">,
  instance: string,
  { signal, progress }: OperationContext,
  fate: string,
): Promise<void> {
  const spec = desired.get(instance);
  if (spec === undefined) return;
  for (const container of spec.containers) {
    const found = await engine.inspectContainer(container.name);
    if (found === null || found.state === "created") continue;
    const onWaiting = (reason: string): void => progress({ line: `${container.name}: waiting for health: ${reason}` });
    const reason = await waitUntilHealthy(engine, container, found.id, { signal, successes: 1, onWaiting });
    if (reason === null) continue;
    throw unhealthyError(container.name, reason, await logTail(engine, found.id, redactor(spec)), fate);
  }
}
