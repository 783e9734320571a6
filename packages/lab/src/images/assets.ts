import { readFileSync } from "node:fs";

/** The text of a file in assets/: entrypoints are shell scripts of their own, so that editors and linters know them. */
export function asset(name: string): string {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");
}

/**
 * The versions of a program's whole dependency tree, as pnpm resolved them once: a build then asks npm for nothing but
 * the packages themselves, and gives the same layer on every machine.
 * A build without a lock leaves the one it made in the cache's folder locks/.
 */
export function lock(name: string): string {
  return readFileSync(new URL(`./locks/${name}/pnpm-lock.yaml`, import.meta.url), "utf8");
}
