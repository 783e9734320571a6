/** The progress of a run where no picture can be drawn: one timestamped line per event. Pure. */
import type { Run, Step } from "@berth/shared/api/runs";
import { operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import { formatClock, formatDuration } from "./time.ts";

/** Lines for what changed from one state of a run to the next; `before` undefined: the run has just come into sight. */
export function progressLogLines(before: Run | undefined, after: Run, now: number): string[] {
  const known = new Map(before?.steps.map((step) => [step.id, step]));
  return after.steps.flatMap((step) => {
    const event = stepEvent(known.get(step.id), step);
    if (event === undefined) return [];
    return [`${formatClock(now)} ${printableLine(step.node ?? withoutNode)}: ${operationTitle(step)}: ${event}`];
  });
}

function stepEvent(before: Step | undefined, step: Step): string | undefined {
  const changed = before?.state !== step.state || before.attempt !== step.attempt;
  if (!changed || step.state === "waiting") return undefined;
  if (step.state === "running") return step.attempt > 1 ? `started, attempt ${step.attempt}` : "started";
  if (step.state === "succeeded") return `done${took(step)}`;
  if (step.state !== "failed") return step.state;
  return `failed${took(step)}${step.error === null ? "" : `: ${printableLine(step.error.message)}`}`;
}

function took(step: Step): string {
  if (step.startedAt === null || step.endedAt === null) return "";
  return ` in ${formatDuration(Date.parse(step.endedAt) - Date.parse(step.startedAt), true)}`;
}
