import type { LogLine } from "@berth/shared/api/runs";

/**
 * Two pieces of a run's log as one, by sequence and without doubles: the stream begins with all lines so far whenever
 * it opens anew. Answers with `known` itself when nothing is new.
 */
export function mergeLines(known: readonly LogLine[], told: readonly LogLine[]): readonly LogLine[] {
  const last = known.at(-1)?.sequence ?? Number.NEGATIVE_INFINITY;
  if (told.every((line) => line.sequence > last)) return told.length === 0 ? known : [...known, ...told];
  const bySequence = new Map([...known, ...told].map((line) => [line.sequence, line]));
  if (bySequence.size === known.length) return known;
  return [...bySequence.values()].toSorted((a, b) => a.sequence - b.sequence);
}
