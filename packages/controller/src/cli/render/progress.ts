/**
 * The live picture of a run, from data to lines. Pure: no clock, no terminal.
 * Grouped by node; running steps with their time and last word, finished ones folded into counts, waiting ones with
 * what they wait for, failures in full. Where the terminal is too low, the least telling lines go first.
 */
import type { Run, Step } from "@berth/shared/api/runs";
import { groupBy, operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import { failureLinesOfNode, runDuration, runStatePaint } from "./run-summary.ts";
import type { Style } from "./style.ts";
import { clip } from "./text.ts";
import { formatDuration } from "./time.ts";

export interface ProgressOptions {
  now: number;
  columns: number;
  rows: number;
  style: Style;
}

/** How much is told, from everything to the least. */
interface Detail {
  waiting: "each" | "count" | "none";
  /** Nodes with nothing running and nothing failed are told in one line together. */
  foldQuietNodes: boolean;
}
const details: readonly Detail[] = [
  { waiting: "each", foldQuietNodes: false },
  { waiting: "count", foldQuietNodes: false },
  { waiting: "count", foldQuietNodes: true },
  { waiting: "none", foldQuietNodes: true },
];

/** At most `rows` lines of at most `columns` columns. */
export function progressLines(run: Run, options: ProgressOptions): string[] {
  let lines: string[] = [];
  for (const detail of details) {
    lines = [headerLine(run, options), ...nodesLines(run, detail, options)];
    if (lines.length <= options.rows) break;
  }
  return cutToRows(lines, options).map((line) => clip(line, options.columns));
}

function headerLine(run: Run, { now, style }: ProgressOptions): string {
  const { counts } = run;
  const parts = [`${run.steps.length - counts.waiting - counts.running}/${run.steps.length} done`];
  if (counts.running > 0) parts.push(`${counts.running} running`);
  if (counts.waiting > 0) parts.push(`${counts.waiting} waiting`);
  if (counts.failed > 0) parts.push(style.red(`${counts.failed} failed`));
  return `${style.bold(`Run ${run.id}`)} ${runStatePaint(run.state, style)(run.state)}  ${parts.join(", ")}  ${runDuration(run, now)}`;
}

function nodesLines(run: Run, detail: Detail, options: ProgressOptions): string[] {
  const steps = new Map(run.steps.map((step) => [step.id, step]));
  const lines: string[] = [];
  const quiet = { done: 0, waiting: 0 };
  for (const [node, nodeSteps] of groupBy(run.steps, (step) => step.node ?? withoutNode)) {
    if (detail.foldQuietNodes && isQuiet(nodeSteps)) {
      if (nodeSteps.some((step) => step.state === "waiting")) quiet.waiting += 1;
      else quiet.done += 1;
      continue;
    }
    lines.push(nodeLine(node, nodeSteps, options.style));
    for (const step of nodeSteps) lines.push(...stepLines(step, steps, detail, options));
    const waiting = nodeSteps.filter((step) => step.state === "waiting").length;
    if (detail.waiting === "count" && waiting > 0) lines.push(options.style.dim(`  · ${waiting} waiting`));
  }
  return [...lines, ...quietLines(quiet, options.style)];
}

function isQuiet(steps: readonly Step[]): boolean {
  return steps.every((step) => step.state !== "running" && step.state !== "failed");
}

function quietLines(quiet: { done: number; waiting: number }, style: Style): string[] {
  const parts: string[] = [];
  if (quiet.done > 0) parts.push(`${quiet.done} done`);
  if (quiet.waiting > 0) parts.push(`${quiet.waiting} waiting`);
  return parts.length === 0 ? [] : [style.dim(`other nodes: ${parts.join(", ")}`)];
}

function nodeLine(node: string, steps: readonly Step[], style: Style): string {
  const done = steps.filter((step) => step.state === "succeeded").length;
  const complete = done === steps.length;
  const tally = complete ? style.green(`✓ ${done} done`) : style.dim(`${done}/${steps.length} done`);
  return `${style.bold(printableLine(node))}  ${tally}`;
}

function stepLines(
  step: Step,
  steps: ReadonlyMap<string, Step>,
  detail: Detail,
  { now, style }: ProgressOptions,
): string[] {
  if (step.state === "running") return [runningLine(step, now, style)];
  if (step.state === "failed") return failureLinesOfNode(step, style);
  if (step.state === "cancelled" || step.state === "skipped") {
    return [style.yellow(`  ○ ${operationTitle(step)}  ${step.state}`)];
  }
  if (step.state === "succeeded" || detail.waiting !== "each") return [];
  return [style.dim(`  · ${operationTitle(step)}${waitingFor(step, steps)}`)];
}

function runningLine(step: Step, now: number, style: Style): string {
  const elapsed = step.startedAt === null ? "" : `  ${formatDuration(now - Date.parse(step.startedAt))}`;
  const attempt = step.attempt > 1 ? `  attempt ${step.attempt}` : "";
  const progress = step.progress === null ? "" : `  ${style.dim(printableLine(step.progress))}`;
  return `  ${style.cyan("▸")} ${operationTitle(step)}${elapsed}${attempt}${progress}`;
}

/** `  waits for create LXC user1 (and 2 more)`: the first thing that has not ended. */
function waitingFor(step: Step, steps: ReadonlyMap<string, Step>): string {
  const pending = step.after.flatMap((id) => {
    const before = steps.get(id);
    return before === undefined || before.state === "succeeded" ? [] : [before];
  });
  const first = pending[0];
  if (first === undefined) return "  waits for its turn";
  const more = pending.length > 1 ? ` (and ${pending.length - 1} more)` : "";
  return `  waits for ${operationTitle(first)}${more}`;
}

function cutToRows(lines: string[], { rows, style }: ProgressOptions): string[] {
  if (lines.length <= rows) return lines;
  const shown = lines.slice(0, Math.max(1, rows - 1));
  return [...shown, style.dim(`… ${lines.length - shown.length} more lines`)].slice(0, rows);
}
