/** A run as the API shows it. */
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

function toStep(step: StepRecord): Step {
  const { position: _, operationId: __, input: ___, result: ____, phases, ...shown } = step;
  return { ...shown, after: [...step.after], ...(phases.length === 0 ? {} : { phases: [...phases] }) };
}
