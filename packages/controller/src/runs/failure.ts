import type { BerthError } from "@berth/shared/errors";
import type { RunRecord, StepError, StepRecord } from "../inventory/runs.ts";
import { beginAnew } from "./begin-anew.ts";

export interface Failure {
  record: RunRecord;
  step: StepRecord;
  error: BerthError;
  /** Attempts made in a row. */
  tries: number;
  redact: (text: string) => string;
}

/** What was tried, on which node, how often, what came back, and what to do. */
export function describeFailure({ record, step, error, tries, redact }: Failure): StepError {
  const often = tries > 1 ? ` after ${tries} attempts` : "";
  const again = beginAnew(record);
  const next = again === null ? `'berth run resume ${record.id}' carries on` : `'${again.command}' begins anew`;
  const hint = error.hint ?? `See 'berth run logs ${record.id} --step ${step.id}'; once repaired, ${next}.`;
  return {
    code: error.code,
    message: redact(`${describeStep(step)} failed${often}: ${error.message}`),
    hint: redact(hint),
  };
}

/** `database.ensure of user1_n8n on node shared` */
export function describeStep(step: StepRecord): string {
  return `${step.kind} of ${step.target}${step.node === null ? "" : ` on node ${step.node}`}`;
}
