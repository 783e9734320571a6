/** What became of a run, in the end or in a list. Pure. */
import type { Run, RunState, RunSummary, Step, StepState } from "@berth/shared/api/runs";
import { groupBy, operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { count } from "./text.ts";
import { formatAge, formatDuration } from "./time.ts";

const stateColours = {
  succeeded: "green",
  failed: "red",
  running: "cyan",
  cancelled: "yellow",
  skipped: "yellow",
  waiting: "dim",
} as const satisfies Record<RunState | StepState, keyof Style>;

export function runStatePaint(state: RunState | StepState, style: Style): (text: string) => string {
  return style[stateColours[state]];
}

/** From its start to its end, or to now. */
export function runDuration(run: RunSummary, now: number): string {
  const end = run.endedAt === null ? now : Date.parse(run.endedAt);
  return formatDuration(end - Date.parse(run.createdAt), true);
}

/**
 * What somebody should know of the last run beside the fleet's state: nothing, once it succeeded. `isWhole`: everything
 * runs as it should, so that a run that did not is of the past.
 */
export function runNote(run: RunSummary, { now, isWhole }: { now: number; isWhole: boolean }): string[] {
  const { id, kind, state, counts } = run;
  if (state === "succeeded") return [];
  const what = `Run ${id} (${printableLine(kind)})`;
  if (state === "running") {
    return [
      `${what} is under way for ${runDuration(run, now)}: ${countsText(counts)}. Follow it: \`berth run show ${id} --follow\`.`,
    ];
  }
  const ended = state === "failed" ? "failed" : "was cancelled";
  if (!isWhole) return [`${what} ${ended}: ${countsText(counts)}. Look at it: \`berth run show ${id}\`.`];
  const ago = run.endedAt === null ? "" : ` ${formatAge(run.endedAt, now)}`;
  return [
    `${what} ${ended}${ago}. By now every node is online and every instance healthy; \`berth run show ${id}\` tells what else it was for.`,
  ];
}

/** `3 succeeded, 1 failed`; states without a step are left out. */
export function countsText(counts: RunSummary["counts"]): string {
  const order = ["succeeded", "failed", "running", "waiting", "cancelled", "skipped"] as const;
  const parts = order.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  return parts.length === 0 ? "no steps" : parts.join(", ");
}

/** The last lines of a run: each failure in full, then one sentence. */
export function runSummaryLines(run: Run, now: number, style: Style): string[] {
  const failures = failureGroups(run).flatMap((steps) => failureLines(steps, style));
  const paint = runStatePaint(run.state, style);
  const steps = countsText(run.counts);
  if (run.state === "running") {
    return [...failures, `Run ${run.id} is ${paint("running")}, since ${runDuration(run, now)}: ${steps}.`];
  }
  const ended = { succeeded: "succeeded", failed: "failed", cancelled: "was cancelled" }[run.state];
  return [...failures, `Run ${run.id} ${paint(ended)} after ${runDuration(run, now)}: ${steps}.`];
}

/** Failed steps; those that are the same thing failing for the same reason on several nodes stand together. */
function failureGroups(run: Run): Step[][] {
  const failed = run.steps.filter((step) => step.state === "failed");
  const keyOf = (step: Step): string =>
    JSON.stringify([operationTitle(step), step.attempt, step.error?.code, withoutNodeName(step)]);
  return [...groupBy(failed, keyOf).values()];
}

/** The sentence of its error, with no word of the node. */
function withoutNodeName({ node, error }: Step): string {
  const message = error?.message ?? "";
  return node === null ? message : message.replaceAll(` on node ${node}`, "");
}

/** A step that failed, on one node or several: what, where, how often it was tried, what came back, what to do. */
function failureLines(steps: readonly Step[], style: Style): string[] {
  const [step] = steps;
  if (step === undefined) return [];
  const where = `on ${steps.map(({ node }) => printableLine(node ?? withoutNode)).join(", ")}`;
  const { error } = step;
  const told =
    steps.length === 1 || error === null ? step : { ...step, error: { ...error, message: withoutNodeName(step) } };
  return [
    `${style.red(`✗ ${operationTitle(step)}`)}  ${style.dim(where)}${attemptsText(step)}`,
    ...errorOf(told, style),
  ];
}

/** The same below a heading that names the node. */
export function failureLinesOfNode(step: Step, style: Style): string[] {
  const lines = [`${style.red(`✗ ${operationTitle(step)}`)}${attemptsText(step)}`, ...errorOf(step, style)];
  return lines.map((line) => `  ${line}`);
}

function attemptsText(step: Step): string {
  return step.attempt > 1 ? `  after ${count(step.attempt, "attempt")}` : "";
}

function errorOf({ error }: Step, style: Style): string[] {
  if (error === null) return [];
  const line = `  ${printableLine(error.code)}: ${printableLine(error.message)}`;
  return error.hint === undefined ? [line] : [line, `  ${style.dim(`hint: ${printableLine(error.hint)}`)}`];
}
