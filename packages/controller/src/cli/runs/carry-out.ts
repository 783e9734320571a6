/** What the commands that carry a plan out have in common: show it, follow the run, say how it ended. */
import type { Run } from "@berth/shared/api/runs";
import type { Plan } from "@berth/shared/operations/plan";
import type { BerthError } from "@berth/shared/errors";
import type { CommandContext, OptionDefinition, RenderOptions } from "../define-command.ts";
import { printableLine } from "../render/printable.ts";
import { planLines } from "../render/plan.ts";
import { runSummaryLines } from "../render/run-summary.ts";
import { detachedLines, followRun, runFailure } from "./follow-run.ts";

/** The controller looks at every node before it plans, and one that does not answer takes its deadline. */
export const planDeadlineSeconds = 180;

/** Of every command that begins a run. */
export const detachOption = {
  kind: "flag",
  short: "d",
  description: "Start the run and leave it to itself",
} as const satisfies OptionDefinition;

export interface Changed extends Plan {
  /** null: nothing was to be done, or it was only planned. */
  run: Run | null;
}

export async function followChange(
  context: CommandContext,
  { plan, run }: { plan: Plan; run: Run | null },
  { detach, planShown = false }: { detach: boolean; planShown?: boolean },
): Promise<Changed> {
  if (run === null) return { ...plan, run };
  // It was under way before: nothing was planned besides it.
  if (plan.operations.length === 0) context.note(...plan.warnings.map((warning) => `${printableLine(warning)}.`));
  else if (!planShown) context.note(...planLines(plan, context.messageStyle), "");
  if (!detach) return { ...plan, run: await followRun(context, run) };
  context.note(...detachedLines(run.id));
  return { ...plan, run };
}

export function changeLines({ run, ...plan }: Changed, { style, now }: RenderOptions): string[] {
  return run === null ? planLines(plan, style) : runSummaryLines(run, now, style);
}

export function changeFailure({ run }: Changed): BerthError | undefined {
  return run === null ? undefined : runFailure(run);
}
