/** One step: attempts with growing pauses until it succeeds, is given up, or the run is stopped. */
import { attemptFailed } from "@berth/shared/api/runs";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import { operations, type OperationKind } from "@berth/shared/operations/index";
import type { StepRecord } from "../inventory/runs.ts";
import { performAttempt, type AttemptEnd } from "./attempt.ts";
import { ControllerStopping, type OperationHandlers } from "./handlers.ts";
import { parseInput } from "./operation-types.ts";
import { pause, retryPause, worthRetrying, type RetryPolicy } from "./retry.ts";

export interface StepContext {
  handlers: OperationHandlers;
  retry: RetryPolicy;
  graceMilliseconds: number;
  /** Aborted when the run is cancelled or the controller stops. */
  signal: AbortSignal;
  log: (step: StepRecord, line: string, fraction?: number) => void;
  /** Writes the step's new attempt number; ends when it is on disk. */
  nextAttempt: (step: StepRecord) => Promise<void>;
}

export type StepEnd =
  | { status: "succeeded"; result: unknown }
  | { status: "failed"; error: BerthError; tries: number }
  | { status: "cancelled"; error: BerthError }
  /** The controller stops: the step stays `running` and is carried on at the next start. */
  | { status: "interrupted" };

/** Rejects only when the attempt number cannot be written. */
export async function performStep(step: StepRecord, context: StepContext): Promise<StepEnd> {
  for (let tries = 1; ; tries += 1) {
    if (context.signal.aborted) return stoppedBy(context.signal);
    const end = await attemptOnce(step.kind, step, context);
    if (end.status === "succeeded") return end;
    if (context.signal.aborted) return stoppedBy(context.signal);
    if (end.status === "abandoned" || !worthRetrying(context.retry, tries, end.error)) {
      return { status: "failed", error: end.error, tries };
    }
    const milliseconds = retryPause(context.retry, tries);
    const seconds = (milliseconds / 1000).toFixed(1);
    context.log(step, `${attemptFailed(step.attempt)}${end.error.message}; trying again in ${seconds} s`);
    step.attempt += 1;
    await Promise.all([context.nextAttempt(step), pause(milliseconds, context.signal)]);
  }
}

async function attemptOnce<K extends OperationKind>(
  kind: K,
  step: StepRecord,
  { handlers, graceMilliseconds, signal, log }: StepContext,
): Promise<AttemptEnd<K>> {
  const handler: OperationHandlers[K] = handlers[kind];
  return performAttempt<K>({
    kind,
    handler,
    operationId: step.operationId,
    attempt: step.attempt,
    input: parseInput(kind, step.input),
    node: step.node,
    deadlineSeconds: operations[kind].deadlineSeconds,
    log: (line, fraction) => log(step, line, fraction),
    signal,
    graceMilliseconds,
  });
}

function stoppedBy(signal: AbortSignal): StepEnd {
  if (signal.reason instanceof ControllerStopping) return { status: "interrupted" };
  return { status: "cancelled", error: toBerthError(signal.reason, "cancelled") };
}
