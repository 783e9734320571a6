/**
 * Ports that Docker keeps for nobody. An engine that is killed while it starts a container writes down the container's
 * ports before the container itself: its successor holds them, and no container has them or can get them. Nothing in
 * Docker's API frees them, only one more start of the engine (seen with 20.10).
 */
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { pause } from "../deadline.ts";
import type { Engine } from "../docker/engine.ts";
import { EngineAway, PortKept } from "../docker/errors.ts";
import type { OperationContext } from "./context.ts";

/** For the end of the former engine to be seen. */
const noticeMilliseconds = 10_000;
const askMilliseconds = 50;

/** Carries `attempt` out; has the engine restarted when such a port is what it failed of, and fails as in an outage. */
export async function freeingKeptPorts<T>(
  engine: Engine,
  spec: InstanceSpec,
  { signal, progress }: OperationContext,
  attempt: () => Promise<T>,
): Promise<T> {
  const { losses } = engine.presence;
  try {
    return await attempt();
  } catch (error) {
    // After an outage the next attempt tells more.
    if (!(error instanceof PortKept) || signal.aborted || engine.presence.lostSince(losses)) throw error;
    if (await isPublished(engine, spec)) throw error;
    progress({ line: `Docker keeps a port of ${spec.instance} for a container that is gone: restarting the engine` });
    if (!(await engine.restart()) && !engine.presence.lostSince(losses)) throw error;
    const deadline = performance.now() + noticeMilliseconds;
    while (!engine.presence.lostSince(losses) && performance.now() < deadline) await pause(askMilliseconds, signal);
    throw new EngineAway(`give ${spec.instance} its ports`, "it was restarted to free them", error);
  }
}

async function isPublished(engine: Engine, spec: InstanceSpec): Promise<boolean> {
  const wanted = new Set(spec.containers.flatMap(({ ports }) => ports.map(({ host }) => host)));
  const containers = await engine.listContainers({ onlyRunning: true });
  return containers.some(({ hostPorts }) => hostPorts.some((port) => wanted.has(port)));
}
