import { isLive, rangeOf } from "./range.ts";

/** What is to be said when the address names a time that `rangeOf` makes nothing of; undefined: nothing. Pure. */
export function rangeProblem(search: string): string | undefined {
  const parameters = new URLSearchParams(search);
  const namesTime = ["range", "from", "to"].some((name) => parameters.has(name));
  const isMeant = !isLive(rangeOf(search)) || parameters.get("range") === "15m";
  if (!namesTime || isMeant) return undefined;
  return "The link names no time that can be shown (it may have been cut), so these are the last 15 minutes.";
}
