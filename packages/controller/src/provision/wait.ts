import { setTimeout as timer } from "node:timers/promises";
import { BerthError, type ErrorCode } from "@berth/shared/errors";

const firstInterval = 50;

export interface WaitOptions<Value> {
  /** Completes the sentence "… did not come within N s". */
  what: string;
  deadlineMilliseconds: number;
  /** Longest time between two looks; the first ones follow each other faster. */
  intervalMilliseconds?: number;
  signal: AbortSignal;
  /** What to do when it did not come. */
  hint?: string;
  code?: ErrorCode;
  /** The awaited value, or undefined while it is not there yet. An error ends the wait. */
  check: () => Promise<Value | undefined> | Value | undefined;
}

/** Asks `check` again and again until it gives a value. After the deadline it throws, saying what it waited for. */
export async function waitFor<Value>(options: WaitOptions<Value>): Promise<Value> {
  const end = Date.now() + options.deadlineMilliseconds;
  const longest = options.intervalMilliseconds ?? 500;
  for (let interval = Math.min(firstInterval, longest); ; interval = Math.min(interval * 1.5, longest)) {
    options.signal.throwIfAborted();
    const value = await options.check();
    if (value !== undefined) return value;
    if (Date.now() >= end) {
      const seconds = Math.round(options.deadlineMilliseconds / 1000);
      throw new BerthError(
        options.code ?? "deadline.exceeded",
        `${options.what} did not come within ${seconds} s`,
        options.hint === undefined ? {} : { hint: options.hint },
      );
    }
    await pause(interval, options.signal);
  }
}

/** The time between two looks; ends at once, with the signal's reason, when the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await timer(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
