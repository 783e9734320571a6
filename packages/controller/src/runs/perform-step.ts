/** One step: attempts with growing pauses until it succeeds, is given up, or the run is stopped. */
import { attemptFailed } from "@berth/shared/api/runs";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import { operations, type OperationKind } from "@berth/shared/operations/index";
import type { Phase } from "@berth/shared/operations/phases";
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
  /** Aborted when the controller stops, also after the run was cancelled. */
  leave: AbortSignal;
  log: (step: StepRecord, line: string, fraction?: number) => void;
  phases: (step: StepRecord, phases: readonly Phase[]) => void;
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
  const mustSettle = settles(step);
  for (let tries = 1; ; tries += 1) {
    // One that was interrupted while it came to its end is called once more, for it to get there.
    if (isStopped(context) && !(mustSettle && tries === 1 && !isLeft(context))) return stoppedBy(context);
    const end = await attemptOnce(step.kind, step, context);
    if (end.status === "succeeded") return end;
    if (isStopped(context)) {
      const hasFailed = mustSettle && end.status === "failed" && end.error.code !== "cancelled";
      return hasFailed && !isLeft(context) ? { status: "failed", error: end.error, tries } : stoppedBy(context);
    }
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
  { handlers, graceMilliseconds, signal, leave, log, phases }: StepContext,
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
    phases: (told) => phases(step, told),
    signal,
    leave,
    graceMilliseconds: settleSeconds(kind) === undefined ? graceMilliseconds : (settleSeconds(kind) ?? 0) * 1000,
    leaveMilliseconds: graceMilliseconds,
  });
}

/** Whether a step that was told to stop goes on to an end of its own first. */
export function settles({ kind }: Pick<StepRecord, "kind">): boolean {
  return settleSeconds(kind) !== undefined;
}

function settleSeconds(kind: OperationKind): number | undefined {
  const definition: { settleSeconds?: number } = operations[kind];
  return definition.settleSeconds;
}

type Signals = Pick<StepContext, "signal" | "leave">;

function isStopped({ signal, leave }: Signals): boolean {
  return signal.aborted || leave.aborted;
}

function isLeft({ signal, leave }: Signals): boolean {
  return leave.aborted || signal.reason instanceof ControllerStopping;
}

function stoppedBy(signals: Signals): StepEnd {
  if (isLeft(signals)) return { status: "interrupted" };
  return { status: "cancelled", error: toBerthError(signals.signal.reason, "cancelled") };
}
