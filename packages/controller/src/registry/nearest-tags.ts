/** Which tags somebody may have meant who asked for one that does not exist. Pure. */
import { distance } from "fastest-levenshtein";

const mostTags = 3;

/** Those that differ in the fewest characters; of equals, the highest version first. */
export function nearestTags(wanted: string, tags: readonly string[]): string[] {
  return tags
    .map((tag) => ({ tag, far: distance(wanted, tag) }))
    .toSorted((a, b) => a.far - b.far || b.tag.localeCompare(a.tag, "en", { numeric: true }))
    .slice(0, mostTags)
    .map(({ tag }) => tag);
}
