/** What became of a run, in the end or in a list. Pure. */
import type { Run, RunState, RunSummary, Step, StepState } from "@berth/shared/api/runs";
import { operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { count } from "./text.ts";
import { formatDuration } from "./time.ts";

export function runStatePaint(state: RunState | StepState, style: Style): (text: string) => string {
  switch (state) {
    case "succeeded":
      return style.green;
    case "failed":
      return style.red;
    case "running":
      return style.cyan;
    case "cancelled":
    case "skipped":
      return style.yellow;
    case "waiting":
      return style.dim;
  }
}

/** From its start to its end, or to now. */
export function runDuration(run: RunSummary, now: number): string {
  const end = run.endedAt === null ? now : Date.parse(run.endedAt);
  return formatDuration(end - Date.parse(run.createdAt), true);
}

/** `3 succeeded, 1 failed`; states without a step are left out. */
export function countsText(counts: RunSummary["counts"]): string {
  const order = ["succeeded", "failed", "running", "waiting", "cancelled", "skipped"] as const;
  const parts = order.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  return parts.length === 0 ? "no steps" : parts.join(", ");
}

/** The last lines of a run: each failure in full, then one sentence. */
export function runSummaryLines(run: Run, now: number, style: Style): string[] {
  const failures = run.steps.filter((step) => step.state === "failed").flatMap((step) => failureLines(step, style));
  const paint = runStatePaint(run.state, style);
  const steps = countsText(run.counts);
  if (run.state === "running") {
    return [...failures, `Run ${run.id} is ${paint("running")}, since ${runDuration(run, now)}: ${steps}.`];
  }
  const ended = { succeeded: "succeeded", failed: "failed", cancelled: "was cancelled" }[run.state];
  return [...failures, `Run ${run.id} ${paint(ended)} after ${runDuration(run, now)}: ${steps}.`];
}

/** A failed step: what, where, how often it was tried, what came back, what to do. */
export function failureLines(step: Step, style: Style, indent = ""): string[] {
  const attempts = step.attempt > 1 ? `, after ${count(step.attempt, "attempt")}` : "";
  const lines = [
    `${indent}${style.red(`✗ ${operationTitle(step)}`)} ${style.dim(`on ${printableLine(step.node ?? withoutNode)}${attempts}`)}`,
  ];
  if (step.error === null) return lines;
  lines.push(`${indent}  ${printableLine(step.error.code)}: ${printableLine(step.error.message)}`);
  if (step.error.hint !== undefined) lines.push(`${indent}  ${style.dim(`hint: ${printableLine(step.error.hint)}`)}`);
  return lines;
}
