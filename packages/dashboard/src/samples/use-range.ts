import { useMemo } from "preact/hooks";
import { search, setSearch } from "../routes/location.ts";
import { logContainerOf, withLogContainer } from "../routes/log-address.ts";
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
  show(range, comparisonOf(search.get()));
}

export function setComparison(comparison: Comparison | undefined): void {
  show(rangeOf(search.get()), comparison);
}

function show(range: Range, comparison: Comparison | undefined): void {
  setSearch(withLogContainer(searchOf(range, comparison), logContainerOf(search.get())));
}
