/** A run while it is carried out. What is decided here is pure bookkeeping on its record; the recorder writes it. */
import { BerthError } from "@berth/shared/errors";
import type { Phase } from "@berth/shared/operations/phases";
import { now } from "../inventory/columns.ts";
import type { Inventory } from "../inventory/database.ts";
import type { RunRecord, StepRecord } from "../inventory/runs.ts";
import { describeFailure, describeStep } from "./failure.ts";
import { ControllerStopping, type OperationHandlers } from "./handlers.ts";
import { toLogLines } from "./log-lines.ts";
import type { Notifier } from "./notifications.ts";
import { withPhases } from "./phases.ts";
import { performStep, settles, type StepEnd } from "./perform-step.ts";
import { createRecorder } from "./recorder.ts";
import type { RetryPolicy } from "./retry.ts";
import { createSchedule, type Concurrency, type Hosts } from "./schedule.ts";

export interface RunContext {
  inventory: Inventory;
  handlers: OperationHandlers;
  concurrency: Concurrency;
  retry: RetryPolicy;
  graceMilliseconds: number;
  maxLogLines: number;
  redact: (text: string) => string;
  notifier: Notifier;
}

export interface LiveRun {
  readonly record: RunRecord;
  /** Fulfilled when the run has ended or was left for the next start. Rejects when it could not be recorded. */
  readonly done: Promise<void>;
  /** Cancels what has not ended; `done` follows within the grace period, or that of operations with their own. */
  cancel: (account: string) => Promise<void>;
  /** Leaves the run as it is, to be carried on at the next start. */
  stop: () => void;
  /** Ends when everything that happened until now is in the inventory. */
  commit: () => Promise<void>;
}

/** Progress is written to the log so many times per phase of a step; a line without a fraction begins a phase. */
const progressParts = 10;

/** Starts carrying out what of the run has not ended. `lastSequence` is that of its last log line. */
export function carryOut(record: RunRecord, lastSequence: number, hosts: Hosts, context: RunContext): LiveRun {
  const { notifier, redact } = context;
  const abort = new AbortController();
  /** The controller stops: apart, because a run that was cancelled may still be coming to its end. */
  const leave = new AbortController();
  const isCancelled = record.cancelRequestedAt !== null;
  if (isCancelled) record.steps.filter((step) => !isSettling(step)).forEach(cancelStep);
  const schedule = createSchedule(record.steps, context.concurrency, hosts);
  const done = Promise.withResolvers<void>();
  /** By step: the tenths of its phase that are in the log. */
  const written = new Map<string, number>();
  const recorder = createRecorder({
    inventory: context.inventory,
    record,
    lastSequence,
    maxLogLines: context.maxLogLines,
    onWritten: (lines) => notifier.lines(record.id, lines),
    onFailure: breakOff,
  });

  /** What happens can no longer be written: nothing more is begun, and the run is left for the next start. */
  function breakOff(error: unknown): void {
    stop();
    done.reject(error);
  }

  function stop(): void {
    leave.abort(new ControllerStopping());
    abort.abort(leave.signal.reason);
  }

  function changed(step: StepRecord): void {
    recorder.changed(step);
    notifier.changed(record, step);
  }

  function log(step: StepRecord, text: string, fraction?: number): void {
    const lines = toLogLines(text, redact);
    const last = lines.at(-1);
    if (last === undefined) return;
    step.progress = fraction === undefined ? last : `${last} (${Math.round(fraction * 100)} %)`;
    notifier.changed(record, step);
    const part = fraction === undefined ? 0 : Math.floor(fraction * progressParts);
    if (fraction !== undefined && part <= (written.get(step.id) ?? 0)) return;
    written.set(step.id, part);
    for (const line of [...lines.slice(0, -1), step.progress]) recorder.line(step.id, line);
  }

  /** Written at once: what an operation of several consists of is not told again after a restart. */
  function phases(step: StepRecord, told: readonly Phase[]): void {
    step.phases = withPhases(step, told, redact);
    changed(step);
    recorder.commit().catch(() => undefined);
  }

  /** Starts what may start; ends the run when nothing runs any more. */
  function advance(): void {
    if (!abort.signal.aborted) for (const step of schedule.take()) begin(step);
    if (schedule.idle()) end();
  }

  function begin(step: StepRecord): void {
    if (step.state === "running") {
      log(step, "Carried on after the controller was interrupted");
    } else {
      step.state = "running";
      step.attempt += 1;
      step.startedAt = now();
    }
    changed(step);
    // The row must be on disk before anything is done: whoever comes after a crash knows that it may have been.
    recorder
      .commit()
      .then(() =>
        performStep(step, { ...context, signal: abort.signal, leave: leave.signal, log, phases, nextAttempt }),
      )
      .then((stepEnd) => endStep(step, stepEnd))
      .catch(breakOff);
  }

  function nextAttempt(step: StepRecord): Promise<void> {
    changed(step);
    return recorder.commit();
  }

  async function endStep(step: StepRecord, stepEnd: StepEnd): Promise<void> {
    if (stepEnd.status !== "interrupted") settle(step, stepEnd);
    schedule.end(step);
    advance();
    await recorder.commit();
  }

  function settle(step: StepRecord, stepEnd: Exclude<StepEnd, { status: "interrupted" }>): void {
    changed(step);
    step.endedAt = now();
    step.state = stepEnd.status;
    if (stepEnd.status === "succeeded") {
      step.result = stepEnd.result;
    } else if (stepEnd.status === "failed") {
      step.error = describeFailure({ record, step, ...stepEnd, redact });
      log(step, step.error.message);
      skipDependents(step);
    } else {
      step.error = stepEnd.error.toBody();
    }
  }

  function skipDependents(failed: StepRecord): void {
    for (const step of schedule.dependents(failed)) {
      if (step.state !== "waiting") continue;
      step.state = "skipped";
      step.endedAt = now();
      step.progress = `Needs ${describeStep(failed)}, which failed`;
      changed(step);
    }
  }

  function end(): void {
    if (!leave.signal.aborted) {
      record.state = outcomeOf(record);
      record.endedAt = now();
      recorder.runChanged();
    }
    recorder
      .commit()
      .then(() => notifier.flush(record))
      .then(done.resolve, done.reject);
  }

  // A failure that nobody waits for is in the runner's log; it must not end the process.
  done.promise.catch(() => undefined);
  for (const step of record.steps) if (step.state === "failed") skipDependents(step);
  for (const step of isCancelled ? record.steps : []) if (step.state === "cancelled") changed(step);
  advance();
  if (isCancelled) abort.abort(new BerthError("cancelled", "Cancelled before the controller was interrupted"));

  return {
    record,
    done: done.promise,
    async cancel(account) {
      record.cancelRequestedAt ??= now();
      recorder.runChanged();
      await recorder.commit();
      for (const step of record.steps) {
        if (isSettling(step)) log(step, "The run was cancelled; this goes on until it has come to an end");
        if (step.state !== "waiting") continue;
        cancelStep(step);
        changed(step);
      }
      abort.abort(new BerthError("cancelled", `Cancelled by ${account}`));
    },
    stop,
    commit: recorder.commit,
  };
}

/** Whether it is still to come to an end of its own although its run is cancelled. */
export function isSettling(step: StepRecord): boolean {
  return step.state === "running" && settles(step);
}

function cancelStep(step: StepRecord): void {
  if (step.state !== "waiting" && step.state !== "running") return;
  step.state = "cancelled";
  step.endedAt = now();
}

function outcomeOf(record: RunRecord): RunRecord["state"] {
  const states = new Set(record.steps.map((step) => step.state));
  if (states.has("cancelled")) return "cancelled";
  return states.has("failed") || states.has("skipped") ? "failed" : "succeeded";
}
