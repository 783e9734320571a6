/** A run's steps as they become known: from answers with all there is, and from what the stream tells of them. Pure. */
import { withKnownPhases, withRunChange, type RunChange } from "@berth/shared/api/run-change";
import type { Run, Step } from "@berth/shared/api/runs";
import type { LiveEvents } from "@berth/shared/api/live";

/** What the stream told last of a run and of each of its steps, by id. */
export interface ToldRun {
  readonly run: RunChange;
  readonly steps: ReadonlyMap<string, Step>;
}

export function withChange(before: ToldRun | undefined, change: RunChange): ToldRun {
  return {
    run: change,
    steps: new Map([...(before?.steps ?? []), ...change.steps.map((step) => [step.id, step] as const)]),
  };
}

/** The whole run as the stream tells it, which leaves phases out. */
export function withTold(run: Run, known: Run | undefined): Run {
  const before = new Map(known?.steps.map((step) => [step.id, step]));
  return { ...run, steps: run.steps.map((step) => withKnownPhases(step, before.get(step.id))) };
}

export function withMorePhases(run: Run, { step: id, phases }: LiveEvents["run.phases"]): Run {
  return { ...run, steps: run.steps.map((step) => (step.id === id ? { ...step, phases } : step)) };
}

/** An answer; what the stream has told since it was asked for is newer. */
export function withAnswer(
  answer: Run,
  known: Run | undefined,
  { told, toldBefore }: { told: ToldRun | undefined; toldBefore: ToldRun | undefined },
): Run {
  const run = withTold(answer, known);
  if (told === undefined || told === toldBefore) return run;
  const steps = [...told.steps.values()].filter((step) => step !== toldBefore?.steps.get(step.id));
  return withRunChange(run, { ...told.run, steps });
}
