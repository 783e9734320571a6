/** Which of two image tags is the later version, as far as tags tell. Pure. */
import semver, { type SemVer } from "semver";
import { tagOf } from "./version-digest.ts";

export type VersionStep = "patch" | "minor" | "major" | "downgrade" | "same" | "unknown";

interface Version {
  /** As the tag has them: of 17.6 there are two. */
  numbers: number[];
  semver: SemVer;
  /** What follows the numbers and says nothing of their order: alpine. */
  variant: string;
}

/** MinIO's: a time is all that they have. */
const releasePattern = /^RELEASE\.(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)Z$/;
const releases = "RELEASE";
const numbersPattern = /^v?(\d+(?:\.\d+)*)(?:[-_+](.+))?$/i;
const beforeRelease = /^(?:alpha|beta|rc|pre|preview|dev|canary|next|nightly)(?=$|[^a-z])/i;
/** Releases of the same source: v1.25.2-p0. */
const furtherRelease = /^[pr](\d+)$/i;

/** Below 0: the first is earlier; null: the tags do not tell. Of one tag, no digest is earlier than another. */
export function compareVersions(one: string, other: string): number | null {
  return compareTags(tagOf(one), tagOf(other));
}

function compareTags(one: string, other: string): number | null {
  if (one === other) return 0;
  const [a, b] = [parse(one), parse(other)];
  if (a === null || b === null || (a.variant === releases) !== (b.variant === releases)) return null;
  const length = Math.min(a.numbers.length, b.numbers.length);
  const index = a.numbers.slice(0, length).findIndex((number, at) => number !== b.numbers[at]);
  if (index !== -1) return (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
  // `17` is whichever 17.x came last.
  if (a.numbers.length !== b.numbers.length || a.variant !== b.variant) return null;
  return semver.compare(a.semver, b.semver);
}

export function versionStep(from: string, to: string): VersionStep {
  const order = compareVersions(to, from);
  if (order === null) return "unknown";
  if (order === 0) return "same";
  if (order < 0) return "downgrade";
  const [before, after] = [parse(tagOf(from))?.semver, parse(tagOf(to))?.semver];
  if (before?.major !== after?.major) return "major";
  // Of times, no part weighs more than another.
  if (releasePattern.test(tagOf(to))) return "minor";
  return before?.minor === after?.minor ? "patch" : "minor";
}

function parse(tag: string): Version | null {
  const release = releasePattern.exec(tag);
  if (release !== null) return versionOf([0, ...release.slice(1).map(Number)], "", releases);
  const [, numbers = "", rest = ""] = numbersPattern.exec(tag) ?? [];
  if (numbers === "") return null;
  const further = furtherRelease.exec(rest)?.[1];
  if (further !== undefined) return versionOf(numbers.split(".").map(Number), "", "", Number(further));
  const isBefore = beforeRelease.test(rest);
  return versionOf(numbers.split(".").map(Number), isBefore ? rest : "", isBefore ? "" : rest);
}

function versionOf(numbers: number[], before: string, variant: string, further?: number): Version | null {
  const [major = 0, minor = 0, patch = 0] = numbers;
  const suffix = before === "" ? "" : `-${before.replaceAll("_", "-")}`;
  const parsed = semver.parse(`${major}.${minor}.${patch}${suffix}`);
  if (parsed === null) return null;
  return { numbers: further === undefined ? numbers : [...numbers, further], semver: parsed, variant };
}
