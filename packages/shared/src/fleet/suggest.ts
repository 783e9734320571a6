import { distance } from "fastest-levenshtein";

/** The candidate nearest to what was written, when it is near enough to be a typo; otherwise undefined. */
export function suggest(written: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; score: number } | undefined;
  for (const candidate of candidates) {
    const score = distance(written.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || score < best.score) best = { candidate, score };
  }
  // A typo leaves most of a word: of one letter, nothing would be left.
  const limit = Math.min(Math.max(1, Math.floor(written.length / 3)), written.length - 1);
  return best !== undefined && best.score <= limit ? best.candidate : undefined;
}

/** `; did you mean 'address'?`, or what there is to choose from, or nothing. */
export function suggestion(written: string, candidates: readonly string[]): string {
  const near = suggest(written, candidates);
  if (near !== undefined) return `; did you mean '${near}'?`;
  return candidates.length === 0 || candidates.length > 20
    ? ""
    : `; one of ${candidates.map((c) => `'${c}'`).join(", ")}`;
}
