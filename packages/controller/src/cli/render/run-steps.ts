/** Every step of a run, by node. Pure. */
import type { Run, Step } from "@berth/shared/api/runs";
import type { RenderOptions } from "../define-command.ts";
import { groupBy, operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import { runStatePaint } from "./run-summary.ts";
import type { Style } from "./style.ts";
import { clip, pad, width } from "./text.ts";
import { formatDuration } from "./time.ts";

/** Around the title of a step: indentation, state, time, and what parts them. */
const besideTitle = "  succeeded    100 ms".length;

/** Lines of at most `fit` columns: reasons are cut first, then titles. */
export function runStepsLines(run: Run, { now, style, fit }: Pick<RenderOptions, "now" | "style" | "fit">): string[] {
  const longest = Math.max(0, ...run.steps.map((step) => width(operationTitle(step))));
  const titleWidth = Math.max(1, Math.min(longest, fit - besideTitle));
  return [...groupBy(run.steps, (step) => step.node ?? withoutNode)].flatMap(([node, steps]) => [
    style.bold(printableLine(node)),
    ...steps.map((step) => clip(stepLine(step, titleWidth, now, style), fit)),
    "",
  ]);
}

function stepLine(step: Step, titleWidth: number, now: number, style: Style): string {
  const state = runStatePaint(step.state, style)(pad(step.state, "succeeded".length));
  const took = step.startedAt === null ? "" : formatDuration(endOf(step, now) - Date.parse(step.startedAt), true);
  return `  ${state}  ${pad(clip(operationTitle(step), titleWidth), titleWidth)}  ${pad(took, 6)}  ${style.dim(printableLine(step.reason))}`.trimEnd();
}

function endOf(step: Step, now: number): number {
  return step.endedAt === null ? now : Date.parse(step.endedAt);
}
