import type { BerthError, ErrorCode } from "@berth/shared/errors";

export interface RetryPolicy {
  /** Attempts of one step, the first included. */
  attempts: number;
  /** The same for what is brought back by itself within half a minute: a Docker engine, a shared store on it. */
  patientAttempts: number;
  /** Longest pause after the first failure; it doubles with each further one. */
  minMilliseconds: number;
  maxMilliseconds: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 3,
  patientAttempts: 6,
  minMilliseconds: 1000,
  maxMilliseconds: 30_000,
};

const comesBack: readonly ErrorCode[] = ["docker.failed", "store.failed"];

/** Whether another attempt is worth it after `tries` of them. */
export function worthRetrying(policy: RetryPolicy, tries: number, error: BerthError): boolean {
  const attempts = comesBack.includes(error.code) ? policy.patientAttempts : policy.attempts;
  return error.retryable && tries < attempts;
}

/** Pause after `tries` failures, in milliseconds. Half of it is random, so that steps that failed together part. */
export function retryPause(policy: RetryPolicy, tries: number, random: () => number = Math.random): number {
  const longest = Math.min(policy.minMilliseconds * 2 ** (tries - 1), policy.maxMilliseconds);
  return Math.round(longest / 2 + (random() * longest) / 2);
}

/** Ends after that time, or at once when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}
