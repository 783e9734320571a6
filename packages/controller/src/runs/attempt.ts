/** One attempt at an operation: bounded by its deadline even when the handler does not listen. */
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { OperationKind, OperationResult } from "@berth/shared/operations/index";
import type { OperationContext, OperationHandler } from "./handlers.ts";
import { parseResult } from "./operation-types.ts";

export interface Attempt<K extends OperationKind> extends OperationContext<K> {
  kind: K;
  handler: OperationHandler<K>;
  /** How long a handler may take to settle after it was told to stop. */
  graceMilliseconds: number;
  /** The same when the controller stops; left out: no longer either. */
  leaveMilliseconds?: number;
}

export type AttemptEnd<K extends OperationKind> =
  | { status: "succeeded"; result: OperationResult<K> }
  | { status: "failed"; error: BerthError }
  /** It did not settle when told to stop: it may still be at work, so it must not be tried again right now. */
  | { status: "abandoned"; error: BerthError };

/**
 * Calls the handler once. What it has achieved counts even when it was told to stop meanwhile: done is done. Lines it
 * logs after the end are dropped.
 */
export async function performAttempt<K extends OperationKind>(attempt: Attempt<K>): Promise<AttemptEnd<K>> {
  const { kind, handler, graceMilliseconds, leaveMilliseconds = graceMilliseconds, signal, log, ...rest } = attempt;
  const stop = new AbortController();
  let over = false;
  let lastLine: string | undefined;
  const context: OperationContext<K> = {
    ...rest,
    signal: stop.signal,
    log(line, fraction) {
      if (over) return;
      lastLine = line;
      log(line, fraction);
    },
    phases(told) {
      if (!over) rest.phases?.(told);
    },
  };
  const passOn = (): void => stop.abort(signal.reason);
  if (signal.aborted) passOn();
  signal.addEventListener("abort", passOn);
  const deadline = setTimeout(
    () => stop.abort(deadlineExceeded(rest.deadlineSeconds, lastLine)),
    rest.deadlineSeconds * 1000,
  );
  try {
    const handled = callHandler(handler, context, kind, () => stop.signal);
    return await Promise.race([
      handled,
      giveUp<K>(stop.signal, graceMilliseconds, handled),
      ...(rest.leave === undefined ? [] : [giveUp<K>(rest.leave, leaveMilliseconds, handled)]),
    ]);
  } finally {
    over = true;
    clearTimeout(deadline);
    signal.removeEventListener("abort", passOn);
  }
}

/** Never rejects. */
async function callHandler<K extends OperationKind>(
  handler: OperationHandler<K>,
  context: OperationContext<K>,
  kind: K,
  stopped: () => AbortSignal,
): Promise<AttemptEnd<K>> {
  try {
    return { status: "succeeded", result: parseResult(kind, await handler(context)) };
  } catch (error) {
    return { status: "failed", error: failureOf(error, stopped()) };
  }
}

/** A handler that merely passes on that it was stopped failed for the reason it was stopped. */
function failureOf(error: unknown, stopped: AbortSignal): BerthError {
  const own = error instanceof BerthError && error.code !== "cancelled";
  if (own || !stopped.aborted) return toBerthError(error);
  return toBerthError(stopped.reason, "cancelled");
}

/** Ends some time after the signal was aborted, unless the handler settles before. */
function giveUp<K extends OperationKind>(
  signal: AbortSignal,
  graceMilliseconds: number,
  handled: Promise<AttemptEnd<K>>,
): Promise<AttemptEnd<K>> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const start = (): void => {
      timer = setTimeout(
        () => resolve({ status: "abandoned", error: toBerthError(signal.reason, "cancelled") }),
        graceMilliseconds,
      );
    };
    if (signal.aborted) start();
    else signal.addEventListener("abort", start, { once: true });
    void handled.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", start);
    });
  });
}

function deadlineExceeded(seconds: number, lastLine: string | undefined): BerthError {
  const said = lastLine === undefined ? "" : `; its last line was: ${lastLine}`;
  return new BerthError("deadline.exceeded", `It did not end within its deadline of ${seconds} s${said}`, {
    hint: "See the log for what it waited for, and try again once that is repaired.",
  });
}
