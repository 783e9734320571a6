/** Pages of a listing, with keys below a delimiter drawn together. Pure. */

export interface PageOptions {
  prefix: string;
  /** Empty: none. */
  delimiter: string;
  most: number;
}

export interface Page<T> {
  entries: T[];
  /** What several keys have in common, up to the delimiter. */
  prefixes: string[];
  isTruncated: boolean;
  /** Last key or common prefix of the page: where the next one starts behind. */
  last: string | undefined;
}

/** Takes entries in the order of their keys, no more of them than the page needs. */
export function takePage<T extends { key: string }>(
  entries: Iterable<T>,
  { prefix, delimiter, most }: PageOptions,
): Page<T> {
  const page: Page<T> = { entries: [], prefixes: [], isTruncated: false, last: undefined };
  if (most === 0) return page;
  for (const entry of entries) {
    const common = commonPrefix(entry.key, prefix, delimiter);
    if (common !== undefined && common === page.prefixes.at(-1)) continue;
    if (page.entries.length + page.prefixes.length === most) {
      page.isTruncated = true;
      break;
    }
    if (common === undefined) page.entries.push(entry);
    else page.prefixes.push(common);
    page.last = common ?? entry.key;
  }
  return page;
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** Sorts behind every key that begins with the text. */
export function behind(text: string): string {
  return `${text}\u{10FFFF}`;
}

/** Where a listing goes on: behind a key, or behind all that a common prefix stands for. */
export function resumeAfter(marker: string, delimiter: string): string {
  return delimiter !== "" && marker.endsWith(delimiter) ? behind(marker) : marker;
}
