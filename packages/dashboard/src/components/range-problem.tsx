import type { JSX } from "preact";
import { search } from "../routes/location.ts";
import { rangeProblem } from "../samples/range-problem.ts";
import { useStore } from "../store.ts";

/** What is amiss with the time that the address names; nothing where nothing is. */
export function RangeProblem(): JSX.Element {
  const problem = useStore(search, rangeProblem);
  return <>{problem !== undefined && <p class="notice">{problem}</p>}</>;
}
