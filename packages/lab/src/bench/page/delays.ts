/** How long each frame that a node has sent took to be on the page. Pure. */

/** A number that the page has painted, and when; milliseconds since the epoch. */
export interface Painted {
  text: string;
  at: number;
}

/** As peer/agents.ts marks a frame: the 137th says 0.37 cores. */
const marks = 100;

/**
 * Milliseconds from the moment that a frame carries until it, or one behind it, was painted. `sentAt`: of all frames in
 * the order they were sent, those of `from` until `to` count. One that never was painted took for ever.
 */
export function delaysOf(
  sentAt: readonly number[],
  painted: readonly Painted[],
  { from, to }: { from: number; to: number },
): number[] {
  const seen = painted.map(({ text, at }) => ({ index: indexOf(sentAt, text, at), at }));
  return sentAt.flatMap((at, index) => {
    if (at < from || at > to) return [];
    return (seen.find((one) => one.index >= index)?.at ?? Number.POSITIVE_INFINITY) - at;
  });
}

/** The newest frame of that mark which was sent by then; -1: none. */
function indexOf(sentAt: readonly number[], text: string, by: number): number {
  const mark = Math.round(Number(text) * marks);
  return sentAt.findLastIndex((at, index) => index % marks === mark && at <= by);
}
