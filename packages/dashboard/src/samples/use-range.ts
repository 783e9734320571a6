import { useMemo } from "preact/hooks";
import { search, setSearch } from "../routes/location.ts";
import { useStore } from "../store.ts";
import { type Range, rangeOf, searchOf } from "./range.ts";

/** The range that the address names, and what changes it. */
export function useRange(): [range: Range, set: (range: Range) => void] {
  const text = useStore(search, (value) => value);
  const range = useMemo(() => rangeOf(text), [text]);
  return [range, choose];
}

function choose(range: Range): void {
  setSearch(searchOf(range));
}
