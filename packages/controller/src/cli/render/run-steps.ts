/** Every step of a run, by node. Pure. */
import type { Run, Step } from "@berth/shared/api/runs";
import { groupBy, operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import { runStatePaint } from "./run-summary.ts";
import type { Style } from "./style.ts";
import { pad, width } from "./text.ts";
import { formatDuration } from "./time.ts";

export function runStepsLines(run: Run, now: number, style: Style): string[] {
  const titleWidth = Math.max(0, ...run.steps.map((step) => width(operationTitle(step))));
  return [...groupBy(run.steps, (step) => step.node ?? withoutNode)].flatMap(([node, steps]) => [
    style.bold(printableLine(node)),
    ...steps.map((step) => stepLine(step, titleWidth, now, style)),
    "",
  ]);
}

function stepLine(step: Step, titleWidth: number, now: number, style: Style): string {
  const state = runStatePaint(step.state, style)(pad(step.state, "succeeded".length));
  const took = step.startedAt === null ? "" : formatDuration(endOf(step, now) - Date.parse(step.startedAt), true);
  return `  ${state}  ${pad(operationTitle(step), titleWidth)}  ${pad(took, 6)}  ${style.dim(printableLine(step.reason))}`.trimEnd();
}

function endOf(step: Step, now: number): number {
  return step.endedAt === null ? now : Date.parse(step.endedAt);
}
