/** Every step of a run, by node. Pure. */
import type { Run, Step } from "@berth/shared/api/runs";
import { phasesWorthTelling } from "@berth/shared/operations/phases";
import type { RenderOptions } from "../define-command.ts";
import { groupBy, operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import { runStatePaint } from "./run-summary.ts";
import type { Style } from "./style.ts";
import { clip, pad, width } from "./text.ts";
import { formatDuration } from "./time.ts";

/** Around the title of a step: indentation, state, time, and what parts them. */
const besideTitle = "  succeeded    100 ms".length;
const beforeTitle = "  succeeded  ".length;

/** Lines of at most `fit` columns: reasons are cut first, then titles. */
export function runStepsLines(run: Run, { now, style, fit }: Pick<RenderOptions, "now" | "style" | "fit">): string[] {
  const longest = Math.max(0, ...run.steps.map((step) => width(operationTitle(step))));
  const titleWidth = Math.max(1, Math.min(longest, fit - besideTitle));
  return [...groupBy(run.steps, (step) => step.node ?? withoutNode)].flatMap(([node, steps]) => [
    style.bold(printableLine(node)),
    ...steps.flatMap((step) => [
      clip(stepLine(step, titleWidth, now, style), fit),
      ...phaseLines(step, now, style).map((line) => clip(line, fit)),
    ]),
    "",
  ]);
}

function stepLine(step: Step, titleWidth: number, now: number, style: Style): string {
  const state = runStatePaint(step.state, style)(pad(step.state, "succeeded".length));
  const took = step.startedAt === null ? "" : formatDuration(tookOf(step, now), true);
  return `  ${state}  ${pad(clip(operationTitle(step), titleWidth), titleWidth)}  ${pad(took, 6)}  ${style.dim(printableLine(step.reason))}`.trimEnd();
}

/** Below the title: what the time of a slow step went into. */
function phaseLines(step: Step, now: number, style: Style): string[] {
  const totals = phasesWorthTelling(step.phases ?? [], tookOf(step, now));
  if (totals.length === 0) return [];
  const told = totals.map(({ name, milliseconds }) => `${printableLine(name)} ${formatDuration(milliseconds, true)}`);
  return [`${" ".repeat(beforeTitle)}${style.dim(told.join(", "))}`];
}

function tookOf({ startedAt, endedAt }: Step, now: number): number {
  if (startedAt === null) return 0;
  return (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt);
}
