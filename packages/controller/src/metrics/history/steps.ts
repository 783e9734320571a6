/** Which resolution a span of time is read in, and how far apart its points are. Pure. */
import { startOf } from "./gathered.ts";
import type { Resolution } from "./fold.ts";

/** Resolution of what is in memory. */
export const liveMilliseconds = 1000;
/** Agents look each second, but not on the second: steps of one would have holes. */
const leastLiveStep = 2000;

export interface StepsQuestion {
  from: number;
  to: number;
  points: number;
  /** Milliseconds that points are apart at least: what is not measured often would have gaps. */
  leastStep?: number;
  now: number;
  /** From the finest to the coarsest. */
  resolutions: readonly Resolution[];
  /** Since when there are single seconds; infinite: there are none. */
  liveFrom: number;
}

export interface Steps {
  resolutionMilliseconds: number;
  stepMilliseconds: number;
  from: number;
  length: number;
}

/**
 * The coarsest resolution that has as many points as wished, if it is kept for long enough; otherwise the finest that
 * is. What is missing of a span in one resolution is not filled from another one.
 */
export function chooseSteps({ from, to, points, leastStep = 1, now, resolutions, liveFrom }: StepsQuestion): Steps {
  const wished = Math.max(leastStep, (to - from) / Math.max(1, points));
  const kept = resolutions.filter(({ keepMilliseconds }) => from >= now - keepMilliseconds);
  const finest = resolutions[0]?.stepMilliseconds ?? liveMilliseconds;
  const isLive = wished < finest && from >= liveFrom - finest;
  const resolutionMilliseconds = isLive
    ? liveMilliseconds
    : ((kept.findLast(({ stepMilliseconds }) => stepMilliseconds <= wished) ?? kept[0] ?? resolutions.at(-1))
        ?.stepMilliseconds ?? finest);
  const merge = Math.ceil(Math.max(wished, isLive ? leastLiveStep : 0) / resolutionMilliseconds);
  const stepMilliseconds = Math.max(1, merge) * resolutionMilliseconds;
  const start = startOf(from, stepMilliseconds);
  return {
    resolutionMilliseconds,
    stepMilliseconds,
    from: start,
    length: Math.max(1, Math.ceil((to - start) / stepMilliseconds)),
  };
}
