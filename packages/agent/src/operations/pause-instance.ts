/** Stopping an instance for a while, so that it runs again whatever happens: the journal knows which containers ran. */
import type { ContainerSummary, Engine } from "../docker/engine.ts";
import type { DesiredState } from "../journal/desired-state.ts";
import type { StoppedInstances } from "../journal/stopped-instances.ts";
import type { OperationContext } from "./context.ts";
import { waitUntilHealthy } from "./health-gate.ts";
import { unhealthyError } from "./health.ts";
import { logTail } from "./log-tail.ts";
import { redactor } from "./redact.ts";

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
    isStopped = await stopForAWhile(dependencies, instance, context);
    const value = await work();
    await context.phase("start", instance, () => startAgain(dependencies, instance));
    const milliseconds = isStopped ? Math.round(performance.now() - startedAt) : 0;
    return { value, milliseconds };
  } catch (error) {
    await startAgainOrTell(dependencies, instance, context);
    throw error;
  }
}

/** Marks in the journal what runs, for `startAgain`, and stops it. False: nothing of it ran. */
export async function stopForAWhile(
  { engine, stopped, desired }: PauseDependencies,
  instance: string,
  context: OperationContext,
): Promise<boolean> {
  context.signal.throwIfAborted();
  const running = await runningContainers({ engine, desired }, instance, stopped.get(instance));
  if (running.length === 0) return false;
  stopped.set(
    instance,
    running.map(({ id }) => id),
  );
  await stopInReverse(engine, running, context);
  return true;
}

const runs: ReadonlySet<string> = new Set(["running", "restarting", "paused"]);

/** What runs of the instance, and what is `marked` besides, in the order in which it starts. */
export async function runningContainers(
  { engine, desired }: Pick<PauseDependencies, "engine" | "desired">,
  instance: string,
  marked: readonly string[] = [],
): Promise<ContainerSummary[]> {
  const order = (desired.get(instance)?.containers ?? []).map(({ name }) => name);
  const containers = await engine.listContainers({ instance });
  return containers
    .filter(({ id, state }) => runs.has(state) || marked.includes(id))
    .toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
}

/** The last to start stops first; each within its own timeout, after which Docker kills it. */
export async function stopInReverse(
  engine: Engine,
  containers: readonly ContainerSummary[],
  { signal, progress, phase }: OperationContext,
): Promise<void> {
  for (const { id, name } of containers.toReversed()) {
    signal.throwIfAborted();
    progress({ line: `stopping ${name}` });
    await phase("stop", name, () => engine.stopContainer(id, null));
  }
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

/** After a failure, which is what is thrown. Where Docker is away, the mark in the journal has it start later. */
export async function startAgainOrTell(
  dependencies: Pick<PauseDependencies, "engine" | "stopped">,
  instance: string,
  { progress, phase }: OperationContext,
): Promise<void> {
  await phase("start", instance, () => startAgain(dependencies, instance)).catch((failure: unknown) => {
    const reason = failure instanceof Error ? failure.message : String(failure);
    progress({ line: `${instance} could not be started again yet: ${reason}` });
  });
}

/** Waits until each container of the instance is healthy, in order. `fate`: what an unhealthy one is left with. */
export async function waitForHealth(
  { engine, desired }: Pick<PauseDependencies, "engine" | "desired">,
  instance: string,
  { signal, progress, phase }: OperationContext,
  fate: string,
): Promise<void> {
  const spec = desired.get(instance);
  if (spec === undefined) return;
  for (const container of spec.containers) {
    const found = await engine.inspectContainer(container.name);
    if (found === null || found.state === "created") continue;
    const onWaiting = (reason: string): void => progress({ line: `${container.name}: waiting for health: ${reason}` });
    const gate = { signal, successes: 1, onWaiting };
    const wait = () => waitUntilHealthy(engine, container, found.id, gate);
    const reason = await phase("wait until healthy", container.name, wait);
    if (reason === null) continue;
    throw unhealthyError(container.name, reason, await logTail(engine, found.id, redactor(spec)), fate);
  }
}
