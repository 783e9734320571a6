import { setTimeout as sleep } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";

export interface WaitOptions<Value> {
  /** Completes the sentence "… did not come within N s". */
  what: string;
  deadlineMs: number;
  intervalMs?: number;
  /** The awaited value, or undefined while it is not there yet. An error ends the wait. */
  check: () => Promise<Value | undefined> | Value | undefined;
}

/** Asks `check` again and again until it gives a value. After the deadline it throws, saying what it waited for. */
export async function waitFor<Value>(options: WaitOptions<Value>): Promise<Value> {
  const end = Date.now() + options.deadlineMs;
  for (;;) {
    const value = await options.check();
    if (value !== undefined) return value;
    if (Date.now() >= end) {
      throw new BerthError("deadline.exceeded", `${options.what} did not come within ${options.deadlineMs / 1000} s`);
    }
    await sleep(options.intervalMs ?? 50);
  }
}
