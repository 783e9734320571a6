/** What the time of a step went into, as those who perform its operation tell it. */
import {
  leastPhaseMilliseconds,
  longestTarget,
  type Phase,
  type PhaseName,
  type StepPhase,
} from "@berth/shared/operations/phases";
import type { StepRecord } from "../inventory/runs.ts";
import type { PhaseTaker } from "./handlers.ts";

/** Of all attempts: a step that never comes to its end is not to fill the inventory. */
const mostOfStep = 1000;

/**
 * The step's phases and what is new of those that are told. After a restart of the controller some are told again.
 * None begins before the step: where the node's clock was set meanwhile, all of them move.
 */
export function withPhases(
  { target: ofStep, startedAt, phases }: Pick<StepRecord, "target" | "startedAt" | "phases">,
  told: readonly Phase[],
  redact: (text: string) => string,
): readonly StepPhase[] {
  if (startedAt === null) return phases;
  const starts = told.map(({ at }) => Math.round(at - Date.parse(startedAt)));
  const early = Math.max(0, ...starts.map((start) => -start));
  const known = new Set(phases.map((phase) => JSON.stringify(phase)));
  const fresh = told
    .map(({ name, target, milliseconds }, index): StepPhase => {
      const of = target === undefined || target === ofStep ? {} : { target: redact(target).slice(0, longestTarget) };
      return { name, ...of, startMilliseconds: (starts[index] ?? 0) + early, milliseconds };
    })
    .filter((phase) => !known.has(JSON.stringify(phase)));
  return [...phases, ...fresh].slice(0, mostOfStep);
}

/** Does `work` as a phase of the operation. */
export async function inPhase<T>(
  take: PhaseTaker,
  phase: { name: PhaseName; target: string },
  work: () => Promise<T>,
): Promise<T> {
  const [at, startedAt] = [Date.now(), performance.now()];
  try {
    return await work();
  } finally {
    const milliseconds = Math.round(performance.now() - startedAt);
    if (milliseconds >= leastPhaseMilliseconds) take?.([{ ...phase, at, milliseconds }]);
  }
}
