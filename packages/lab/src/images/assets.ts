import { readFileSync } from "node:fs";

/** The text of a file in assets/: entrypoints are shell scripts of their own, so that editors and linters know them. */
export function asset(name: string): string {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");
}
