/** A run on the live stream: what changed of it, and without what only those need who look at one step. */
import * as z from "zod";
import { runSchema, stepSchema, type Run, type Step } from "./runs.ts";

/** Without phases: of many steps they would be most of what travels. GET /api/runs/:id tells them. */
export const liveRunSchema = runSchema.extend({ steps: z.array(stepSchema.omit({ phases: true })) });
/** The same, with only those steps that are not as they were told last. */
export const runChangeSchema = liveRunSchema;

export type LiveRun = z.output<typeof liveRunSchema>;
export type RunChange = z.output<typeof runChangeSchema>;

/** The run with the change carried over; steps that did not change stay the same objects. */
export function withRunChange(run: Run, { steps, ...summary }: RunChange): Run {
  const changed = new Map(steps.map((step) => [step.id, step]));
  return { ...summary, steps: run.steps.map((step) => withKnownPhases(changed.get(step.id) ?? step, step)) };
}

/** The step with those phases that are known of it. They only become more, until it is begun anew. */
export function withKnownPhases(step: Step, known: Step | undefined): Step {
  if (known?.phases === undefined || known.startedAt !== step.startedAt) return step;
  return known.phases.length > (step.phases?.length ?? 0) ? { ...step, phases: known.phases } : step;
}
