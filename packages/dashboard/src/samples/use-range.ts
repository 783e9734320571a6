import { useMemo } from "preact/hooks";
import { search, setSearch } from "../routes/location.ts";
import { useStore } from "../store.ts";
import { type Comparison, comparisonOf } from "./comparison.ts";
import { type Range, rangeOf, searchOf } from "./range.ts";

export interface ShownTime {
  range: Range;
  comparison: Comparison | undefined;
}

/** The range that the address names, and what it is compared with. */
export function useRange(): ShownTime {
  const text = useStore(search, (value) => value);
  return useMemo(() => ({ range: rangeOf(text), comparison: comparisonOf(text) }), [text]);
}

export function setRange(range: Range): void {
  setSearch(searchOf(range, comparisonOf(search.get())));
}

export function setComparison(comparison: Comparison | undefined): void {
  setSearch(searchOf(rangeOf(search.get()), comparison));
}
