/** Lines for whoever watches: one every two seconds at most. */
import type { PullProgress } from "../docker/engine.ts";

export type Report = (progress: PullProgress) => void;

const intervalMilliseconds = 2000;

/** Lets a report through when the last one was long enough ago. */
export function throttled(report: Report, now: () => number = () => performance.now()): Report {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    if (now() - last < intervalMilliseconds) return;
    last = now();
    report(progress);
  };
}

const mebibyte = 1024 * 1024;

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / mebibyte)} MiB`;
}
