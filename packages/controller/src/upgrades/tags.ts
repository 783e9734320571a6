/** Which of a repository's tags an instance could be moved to. Pure. */
import { tagOf } from "@berth/shared/catalog/version-digest";
import { compareVersions, versionStep } from "@berth/shared/catalog/versions";

export interface Newer {
  patch: string | null;
  minor: string | null;
  major: string | null;
}

/** The newest of each step among the tags that are written as the present one is: with its prefix, parts and ending. */
export function newerTags(present: string, tags: readonly string[]): Newer {
  const alike = tagsLike(present, tags);
  const newest = (step: "patch" | "minor" | "major") => last(alike.filter((tag) => versionStep(present, tag) === step));
  return { patch: newest("patch"), minor: newest("minor"), major: newest("major") };
}

/** The newest of the minor version that comes next, where none may be skipped; null: there is none. */
export function nextMinor(present: string, tags: readonly string[]): string | null {
  const later = tagsLike(present, tags).filter((tag) => versionStep(present, tag) === "minor");
  const first = later.toSorted(order)[0];
  return first === undefined ? null : last(later.filter((tag) => ["same", "patch"].includes(versionStep(first, tag))));
}

export function tagsLike(present: string, tags: readonly string[]): string[] {
  const shape = shapeOf(tagOf(present));
  return tags.filter((tag) => shapeOf(tag) === shape);
}

/** Tags worth keeping: floating ones such as `latest` say nothing of what is newer. */
export function isVersion(tag: string): boolean {
  return shapeOf(tag) !== tag;
}

function last(tags: readonly string[]): string | null {
  return tags.toSorted(order).at(-1) ?? null;
}

function order(one: string, other: string): number {
  return compareVersions(one, other) ?? 0;
}

/**
 * `v1.25.2-p0` -> `v0.0.0-p0`, `8-alpine` -> `0-alpine`, `2026.9.25-12f8b6515` -> `0.0.0-#`. A release candidate is of
 * another shape than what is released: `0.0.0-rc.0`.
 */
function shapeOf(tag: string): string {
  return tag.replaceAll(/(?<![0-9a-zA-Z])(?=[0-9a-f]*\d)[0-9a-f]{7,40}(?![0-9a-zA-Z])/g, "#").replaceAll(/\d+/g, "0");
}
