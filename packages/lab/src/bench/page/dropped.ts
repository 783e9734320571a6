/** Which frames a page has left out, told by the time between those that it made. Pure. */
import { median } from "../result.ts";

/** Between two frames of a page that has nothing to do. */
export function periodOf(intervals: readonly number[]): number {
  return median(intervals);
}

/** Frames that did not come: an interval of three periods lacks two. */
export function droppedFrames(intervals: readonly number[], period: number): number {
  return intervals.reduce((sum, interval) => sum + Math.max(0, Math.round(interval / period) - 1), 0);
}
