/** What a span is compared with, as the address says it: `compare=day`. Pure. */
import type { Span } from "./range.ts";

const day = 86_400_000;

export const comparisons = [
  { name: "before", label: "the time before" },
  { name: "day", label: "a day before" },
  { name: "week", label: "a week before" },
] as const;

export type Comparison = (typeof comparisons)[number]["name"];

export function comparisonOf(search: string): Comparison | undefined {
  const wanted = new URLSearchParams(search).get("compare");
  return comparisons.find(({ name }) => name === wanted)?.name;
}

/** As long as the span: directly before it, or at the same time of an earlier day. */
export function earlierSpan({ from, to }: Span, comparison: Comparison): Span {
  const lag = { before: to - from, day, week: 7 * day }[comparison];
  return { from: from - lag, to: to - lag };
}

/** Equal steps of time, in milliseconds. */
export interface Steps {
  from: number;
  step: number;
  length: number;
}

/**
 * Values of earlier steps, for the steps shown, `lag` later than they were. A value of a longer step is there several
 * times, those of shorter steps are averaged. What was not measured stays a gap: no value comes of its neighbours.
 */
export function aligned(
  values: readonly (number | null)[],
  earlier: Omit<Steps, "length">,
  shown: Steps,
  lag: number,
): (number | null)[] {
  const first = earlier.from + lag;
  return Array.from({ length: shown.length }, (_, index) => {
    const begin = shown.from + index * shown.step;
    if (earlier.step >= shown.step) return values[Math.floor((begin + shown.step / 2 - first) / earlier.step)] ?? null;
    // Those whose middle is within the step shown: each counts once.
    const place = (at: number) => Math.max(0, Math.ceil((at - first) / earlier.step - 0.5));
    return averageOf(values.slice(place(begin), place(begin + shown.step)));
  });
}

/** null when nothing was measured. */
export function averageOf(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value) => value !== null);
  return measured.length === 0 ? null : measured.reduce((sum, value) => sum + value, 0) / measured.length;
}
