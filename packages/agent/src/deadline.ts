/** Every wait of the agent ends: these are the two ways to bound one. */
import { setTimeout as delay } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";

/** The promise's value, or `deadline.exceeded` after `milliseconds`, saying what was waited for. */
export async function within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new BerthError("deadline.exceeded", `Waited ${milliseconds / 1000} s for ${what}.`));
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits; rejects with the signal's reason when it aborts first. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
