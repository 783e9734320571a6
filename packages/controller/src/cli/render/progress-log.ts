/** The progress of a run where no picture can be drawn: one line per event, with the event's own time. Pure. */
import { attemptFailed, type Run, type Step } from "@berth/shared/api/runs";
import { operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import { formatDuration, formatMoment } from "./time.ts";

interface StepEvent {
  /** Milliseconds since the epoch. */
  at: number;
  text: string;
}

/**
 * Lines for what changed from one state of a run to the next, in the order of their times; `before` undefined: the run
 * has just come into sight, with everything that happened before.
 */
export function progressLogLines(before: Run | undefined, after: Run, now: number): string[] {
  const known = new Map(before?.steps.map((step) => [step.id, step]));
  const events = after.steps.flatMap((step) => {
    const event = stepEvent(known.get(step.id), step, now);
    return event === undefined ? [] : [{ step, ...event }];
  });
  return events
    .toSorted((one, other) => one.at - other.at)
    .map(({ step, at, text }) => {
      return `${formatMoment(at, now)} ${printableLine(step.node ?? withoutNode)}: ${operationTitle(step)}: ${text}`;
    });
}

function stepEvent(before: Step | undefined, step: Step, now: number): StepEvent | undefined {
  const changed = before?.state !== step.state || before.attempt !== step.attempt;
  if (!changed || step.state === "waiting") return undefined;
  if (step.state !== "running") return { at: timeOf(step.endedAt, now), text: endText(step) };
  // The next attempt has no time of its own: seen while it happens, it happens now.
  const isRepeated = before?.state === "running";
  return { at: isRepeated ? now : timeOf(step.startedAt, now), text: startText(step) };
}

/** `started`, or why it is being tried again. */
function startText(step: Step): string {
  if (step.attempt <= 1) return "started";
  const reason = step.progress?.startsWith(attemptFailed(step.attempt - 1)) ? step.progress : null;
  return reason === null ? `started, attempt ${step.attempt}` : printableLine(reason);
}

function endText(step: Step): string {
  if (step.state === "succeeded") return `done${took(step)}`;
  if (step.state !== "failed") return step.state;
  return `failed${took(step)}${step.error === null ? "" : `: ${printableLine(step.error.message)}`}`;
}

function timeOf(time: string | null, now: number): number {
  return time === null ? now : Date.parse(time);
}

function took(step: Step): string {
  if (step.startedAt === null || step.endedAt === null) return "";
  return ` in ${formatDuration(Date.parse(step.endedAt) - Date.parse(step.startedAt), true)}`;
}
