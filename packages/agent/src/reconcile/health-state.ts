/** How probes make a state. Pure: the watch gives it what it sees, and asks when to look again. */
import type { Health } from "@berth/shared/catalog/schema";
import type { InstanceState } from "@berth/shared/protocol/state";
import type { ProbeResult } from "../operations/health.ts";

/** Once healthy, a look every ten seconds is enough; a failing one is looked at again as the specification says. */
const calmSeconds = 10;

export interface HealthState {
  state: Extract<InstanceState, "starting" | "healthy" | "unhealthy">;
  /** In a row. */
  failures: number;
}

export const starting: HealthState = { state: "starting", failures: 0 };

/** The state after one probe, `ageSeconds` after the container's start. */
export function afterProbe(before: HealthState, result: ProbeResult, ageSeconds: number, health: Health): HealthState {
  if (result === null) return { state: "healthy", failures: 0 };
  const failures = before.failures + 1;
  if (before.state === "healthy") {
    return failures >= health.failures ? { state: "unhealthy", failures } : { state: "healthy", failures };
  }
  if (before.state === "starting" && ageSeconds < health.startPeriodSeconds) return { state: "starting", failures };
  return { state: "unhealthy", failures };
}

/** Seconds until the next look. */
export function nextLookSeconds({ state, failures }: HealthState, health: Health): number {
  const calm = state === "unhealthy" || (state === "healthy" && failures === 0);
  return calm ? Math.max(calmSeconds, health.intervalSeconds) : health.intervalSeconds;
}
