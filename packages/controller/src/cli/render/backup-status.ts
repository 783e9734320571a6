/** How the backups stand, in the lines below the fleet's state. Pure. */
import type { OwnerBackups } from "@berth/shared/api/status";
import type { RenderOptions } from "../define-command.ts";
import { printableLine } from "./printable.ts";
import { count, wrapSentence } from "./text.ts";
import { formatAge, formatDuration } from "./time.ts";

/** More than this is for `berth backup list` to tell. */
const mostWarnings = 6;
const mostNames = 6;

export function backupStatusLines(owners: readonly OwnerBackups[] | undefined, options: RenderOptions): string[] {
  const { fit } = options;
  if (owners === undefined)
    return wrapSentence("Nothing is backed up: the fleet file has no `backups` section yet (docs/backups.md).", fit);
  if (owners.length === 0) return [];
  const troubles = owners.flatMap((owner) => troubleOf(owner, options));
  const more = troubles.length - mostWarnings;
  return [
    ...wrapSentence(summaryLine(owners, options), fit),
    ...troubles.slice(0, mostWarnings).flatMap((text) => wrapSentence(text, fit, "  ")),
    ...(more > 0 ? [`${count(more, "backup")} more: \`berth backup list\`.`] : []),
    ...unprovenLines(owners, options),
  ];
}

type Standing = "in time" | "late" | "failed" | "lost" | "not made yet";

function standingOf({ newest, failed, lateSince }: OwnerBackups): Standing {
  if (lateSince !== null) return "late";
  if (failed !== null) return failed.state;
  return newest === null ? "not made yet" : "in time";
}

/** `12 of 14 backups in time (1 late, 1 failed), 11 proven, the longest ago 3d 04h ago.` */
function summaryLine(owners: readonly OwnerBackups[], { now }: RenderOptions): string {
  const standings = Map.groupBy(owners, standingOf);
  const inTime = standings.get("in time")?.length ?? 0;
  const others = (["late", "failed", "lost", "not made yet"] as const).flatMap((standing) => {
    const number = standings.get(standing)?.length ?? 0;
    return number === 0 ? [] : [`${number} ${standing}`];
  });
  const rest = others.length === 0 ? "" : ` (${others.join(", ")})`;
  return `${inTime} of ${count(owners.length, "backup")} in time${rest}, ${proofText(owners, now)}.`;
}

function proofText(owners: readonly OwnerBackups[], now: number): string {
  const proofs = owners.flatMap(({ provenAt }) => provenAt ?? []).toSorted();
  const [oldest] = proofs;
  if (oldest === undefined) return "none proven by a restore";
  const number = proofs.length === owners.length ? "all" : String(proofs.length);
  return `${number} proven, ${proofs.length === 1 ? "" : "the longest ago "}${formatAge(oldest, now)}`;
}

function troubleOf(owner: OwnerBackups, { now, style }: RenderOptions): string[] {
  const { newest, failed, lateSince } = owner;
  if (lateSince === null && failed === null) return [];
  const failure = failed === null ? null : failureText(failed, now);
  return [
    `${style.yellow("warning:")} the backup of ${printableLine(owner.owner)} ${troubleText({ newest, lateSince, failure }, now)}`,
  ];
}

export interface Trouble {
  newest: { createdAt: string } | null;
  lateSince: string | null;
  /** What became of the last attempt; null: it is not known to have come to nothing. */
  failure: string | null;
}

/** `is late: it was due 3h 00m ago, and failed 1h 00m ago; the newest is 1d 04h old.` */
export function troubleText({ newest, lateSince, failure }: Trouble, now: number): string {
  const late = lateSince === null ? [] : [`is late: it was due ${formatAge(lateSince, now)}`];
  const rest =
    newest === null ? "there is none" : `the newest is ${formatDuration(now - Date.parse(newest.createdAt))} old`;
  return `${[...late, ...(failure === null ? [] : [failure])].join(", and ")}; ${rest}.`;
}

function failureText({ run, state, createdAt }: NonNullable<OwnerBackups["failed"]>, now: number): string {
  if (state === "lost") return `of ${formatAge(createdAt, now)} is not in its repository any more`;
  return `failed ${formatAge(createdAt, now)} (\`berth run show ${run}\`)`;
}

/** One that was never made is told already. */
function unprovenLines(owners: readonly OwnerBackups[], { fit }: RenderOptions): string[] {
  const names = owners.filter(({ newest, provenAt }) => newest !== null && provenAt === null).map(({ owner }) => owner);
  if (names.length === 0) return [];
  const shown = names.length > mostNames + 1 ? names.slice(0, mostNames) : names;
  const more = names.length === shown.length ? "" : ` and ${names.length - shown.length} more`;
  const list = shown.map(printableLine).join(", ");
  return wrapSentence(
    `Unproven: ${list}${more}. A drill restores a backup and checks it: \`berth backup drill\`.`,
    fit,
  );
}
