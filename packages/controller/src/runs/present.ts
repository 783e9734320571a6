/** A run as the API shows it. */
import type { LiveRun, RunChange } from "@berth/shared/api/run-change";
import type { Run, RunSummary, Step } from "@berth/shared/api/runs";
import { hasFailed } from "../rotation/untaken.ts";
import { beginAnew } from "./begin-anew.ts";
import { noCounts, type RunRecord, type RunRowWithCounts, type StepRecord } from "../inventory/runs.ts";

export function toRun(record: RunRecord): Run {
  const counts = noCounts();
  for (const step of record.steps) counts[step.state] += 1;
  const restartWith = hasFailed(record) ? (beginAnew(record)?.command ?? null) : null;
  return {
    ...toSummary({ ...record, counts }),
    ...(restartWith === null ? {} : { restartWith }),
    steps: record.steps.map(toStep),
  };
}

export function toSummary(row: RunRowWithCounts): RunSummary {
  const { id, kind, account, state, createdAt, endedAt, counts } = row;
  return { id, kind, account, state, createdAt, endedAt, counts };
}

/** As the live stream tells it. */
export function toLiveRun({ steps, ...run }: Run): LiveRun {
  return { ...run, steps: steps.map(toLiveStep) };
}

export function toRunChange({ steps, ...run }: Run, changed: ReadonlySet<string>): RunChange {
  return toLiveRun({ ...run, steps: steps.filter(({ id }) => changed.has(id)) });
}

function toLiveStep(step: Step): LiveRun["steps"][number] {
  const { phases: _, ...shown } = step;
  return shown;
}

function toStep(step: StepRecord): Step {
  const { position: _, operationId: __, input: ___, result: ____, phases, ...shown } = step;
  return { ...shown, after: [...step.after], ...(phases.length === 0 ? {} : { phases: [...phases] }) };
}
