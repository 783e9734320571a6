/**
 * A container that runs and does not recover by itself. Seen with n8n 2.41: after its database was away it may answer
 * 'Driver not Connected' for ever, and a start is all that helps.
 */
import type { ContainerSpec } from "@berth/shared/operations/instance-spec";
import type { ContainerDetails, Engine } from "../docker/engine.ts";
import type { OperationContext } from "./context.ts";
import { waitUntilHealthy } from "./health-gate.ts";

const mostPatienceSeconds = 30;

/** Whether the container has had its time to start: one that has not is waited for, and not restarted. */
export function hasHadItsTime(spec: ContainerSpec, { state, startedAt }: ContainerDetails): boolean {
  if (state !== "running" || startedAt === null) return false;
  return Date.now() - Date.parse(startedAt) > spec.health.startPeriodSeconds * 1000;
}

/** Gives it half a minute at most to recover, and restarts it then. */
export async function restartIfStuck(
  engine: Engine,
  spec: ContainerSpec,
  id: string,
  { signal, progress, phase }: OperationContext,
): Promise<void> {
  const gate = {
    signal,
    successes: 1,
    periodSeconds: Math.min(mostPatienceSeconds, spec.health.startPeriodSeconds),
    onWaiting: (waiting: string) => progress({ line: `${spec.name}: waiting for health: ${waiting}` }),
  };
  const reason = await phase("wait until healthy", spec.name, () => waitUntilHealthy(engine, spec, id, gate));
  if (reason === null) return;
  progress({ line: `${spec.name}: restarting it, it does not recover: ${reason}` });
  await phase("stop", spec.name, () => engine.stopContainer(id, null));
  await phase("start", spec.name, () => engine.startContainer(id));
}
