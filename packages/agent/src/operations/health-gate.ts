/**
 * Waits until a container is healthy, no longer than its start period. Throws EngineAway when Docker goes away; a
 * container that ends with its engine is started again, one that ends by itself is unhealthy.
 */
import type { ContainerSpec } from "@berth/shared/operations/instance-spec";
import { pause } from "../deadline.ts";
import type { ContainerDetails, Engine } from "../docker/engine.ts";
import { probe } from "./health.ts";

/**
 * While people wait for it, it is asked more often than the interval says, soonest after its start: most are healthy
 * within a second. A GET is cheap, a command starts a process.
 */
const httpEagerness = { first: 50, most: 200 };
const commandEagerness = { first: 250, most: Number.POSITIVE_INFINITY };
const inspectMilliseconds = 1000;
/** Docker has started it again this often in one gate: waiting longer only hides the reason. */
const mostRestarts = 5;
/** The same where a predecessor waits to be put back: nobody is served meanwhile. */
export const mostRestartsOfSuccessor = 3;

export interface Gate {
  signal: AbortSignal;
  /** How many probes in a row must succeed: 1, or more where a predecessor waits to be removed. */
  successes: number;
  /** How long it may take; its start period unless told. */
  periodSeconds?: number;
  /** How often Docker may start it again; 5 unless told. */
  mostRestarts?: number;
  /** Called when the reason for waiting changes. */
  onWaiting: (reason: string) => void;
}

/** Null: healthy; otherwise the reason why it is not, after the start period or as soon as that is sure. */
export async function waitUntilHealthy(
  engine: Engine,
  spec: ContainerSpec,
  id: string,
  gate: Gate,
): Promise<string | null> {
  const periodSeconds = gate.periodSeconds ?? spec.health.startPeriodSeconds;
  const period = periodSeconds * 1000;
  let deadline = performance.now() + period;
  const interval = spec.health.intervalSeconds * 1000;
  const eagerness = spec.health.http === undefined ? commandEagerness : httpEagerness;
  let eager = Math.min(interval, eagerness.first);
  const look = watchContainer(engine, id);
  let successes = 0;
  let told = "";
  for (;;) {
    const container = await look();
    if (container === null) return "its container was removed";
    if (container.state === "exited" && engine.presence.mayHaveEnded(container.startedAt)) {
      gate.onWaiting("its container ended with the Docker engine, it is started again");
      await engine.startContainer(id);
      deadline = performance.now() + period;
      continue;
    }
    const reason = container.state === "running" ? await probe(engine, container, spec.health) : stateReason(container);
    successes = reason === null ? successes + 1 : 0;
    if (successes >= gate.successes) return null;
    if (hopeless(container, gate.mostRestarts ?? mostRestarts)) return stateReason(container);
    if (reason !== null && performance.now() > deadline) {
      const since = gate.periodSeconds === undefined ? "after its start" : "after it was asked first";
      return `${reason}, ${periodSeconds} s ${since}`;
    }
    if (reason !== null && reason !== told) gate.onWaiting(reason);
    told = reason ?? told;
    await pause(reason === null ? interval : eager, gate.signal);
    eager = Math.min(eager * 2, eagerness.most, interval);
  }
}

/** Looks at the container at most once a second: its address and state change seldom. */
function watchContainer(engine: Engine, id: string): () => Promise<ContainerDetails | null> {
  let seen: ContainerDetails | null = null;
  let seenAt = Number.NEGATIVE_INFINITY;
  let restarts: number | undefined;
  return async () => {
    if (performance.now() - seenAt < inspectMilliseconds && seen?.state === "running") return seen;
    seen = await engine.inspectContainer(id);
    seenAt = performance.now();
    restarts ??= seen?.restarts;
    return seen === null ? null : { ...seen, restarts: seen.restarts - (restarts ?? 0) };
  };
}

function hopeless(container: ContainerDetails, most: number): boolean {
  const ended = container.state === "exited" || container.state === "dead";
  return ended || container.restarts >= most;
}

/** Of a container that does not run. */
export function stateReason(container: ContainerDetails): string {
  const times = container.restarts > 0 ? `, started again ${container.restarts} times` : "";
  return `its container is ${container.state} (exit code ${container.exitCode}${times})${outOfMemory(container)}`;
}

/** For the end of a sentence: what somebody must change so that it does not end again. */
export function outOfMemory({ outOfMemory: isOut, memoryBytes }: ContainerDetails): string {
  if (!isOut) return "";
  return `: it ran out of its memory of ${Math.round(memoryBytes / 1024 / 1024)} MiB`;
}
