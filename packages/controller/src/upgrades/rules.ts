/** What the catalog says of a service's versions, and what came of a version before: what may be, and what is to be known. Pure. */
import type { Service } from "@berth/shared/catalog/schema";
import { shortDigests, tagOf } from "@berth/shared/catalog/version-digest";
import { versionStep } from "@berth/shared/catalog/versions";
import { BerthError } from "@berth/shared/errors";

export interface VersionChange {
  service: Service;
  /** What instances run now. */
  from: string;
  to: string;
}

export interface Consent {
  /** What the catalog says of another major version is taken care of. */
  acceptMajor: boolean;
}

/** What is to be known before. Throws `request.invalid` for what the service's rules do not allow. */
export function judgeVersion({ service, ...versions }: VersionChange, { acceptMajor }: Consent): string[] {
  const [from, to] = [shortDigests(versions.from), shortDigests(versions.to)];
  const change = { service, from, to };
  const step = versionStep(from, to);
  if (step === "downgrade") return judgeDowngrade(change);
  if (step === "major" && !acceptMajor) throw majorRefused(change);
  if (step === "minor") refuseSkipped(change);
  return [
    ...(step === "major" ? [`${from} -> ${to} is another major version. ${majorText(service)}`] : []),
    ...(step === "unknown" ? [`the tags do not tell whether ${to} is newer than ${from}`] : []),
    ...(tagOf(from) === tagOf(to) ? [anewText(change)] : []),
    ...(service.upgrade.sideBySide ? [sideBySideText(service)] : []),
    ...(service.upgrade.oneWay && tagOf(from) !== tagOf(to) ? [oneWayText(change)] : notesText(service)),
  ];
}

/** The minor version that has to come first; null: none is skipped. */
export function skippedMinor({ service, from, to }: VersionChange): string | null {
  if (service.upgrade.skipMinor || versionStep(from, to) !== "minor") return null;
  const [before, after] = [minorOf(from), minorOf(to)];
  if (before === null || after === null || after.minor <= before.minor + 1) return null;
  return `${before.prefix}${before.major}.${before.minor + 1}`;
}

/** A version that this instance went back from: announced, and tried again only on request. */
export interface FormerFailure {
  instance: string;
  at: string;
  reason: string | null;
}

/** Throws `conflict` unless it is to be tried again. */
export function judgeFailures(failures: readonly FormerFailure[], version: string, retry: boolean): string[] {
  const [first] = failures;
  if (first === undefined) return [];
  const sentence = `${shortDigests(version)} failed before: ${failures.map(failureText).join("; ")}`;
  if (retry) return [sentence];
  throw new BerthError("conflict", sentence, { hint: "Another version may be better; --retry tries this one again" });
}

function failureText({ instance, at, reason }: FormerFailure): string {
  return `${instance} went back from it at ${at}${reason === null ? "" : ` (${reason})`}`;
}

function judgeDowngrade({ service, from, to }: VersionChange): string[] {
  if (!service.upgrade.oneWay) return [`${to} is older than ${from}, which ${service.title} takes`];
  throw new BerthError("request.invalid", `${service.title} ${to} cannot read what ${from} has written`, {
    hint: "`berth restore INSTANCE --at TIME` brings back what an older version had written, as it was then",
  });
}

function refuseSkipped(change: VersionChange): void {
  const next = skippedMinor(change);
  if (next === null) return;
  const { service, from, to } = change;
  throw new BerthError(
    "request.invalid",
    `${service.title} passes through every minor version: from ${from} to ${to}, ${next} comes first`,
    { hint: `\`berth upgrade check ${service.name}\` shows which ${next}.x there is` },
  );
}

function majorRefused({ service, from, to }: VersionChange): BerthError {
  return new BerthError("request.invalid", `${from} -> ${to} is another major version. ${majorText(service)}`, {
    hint: `--accept-major upgrades once that is taken care of.${link(service)}`,
  });
}

function majorText({ title, upgrade }: Service): string {
  return upgrade.major ?? `What it changes, the release notes of ${title} say`;
}

function oneWayText({ service, from, to }: VersionChange): string {
  return (
    `what ${service.title} ${to} migrates, ${from} cannot read: each instance is copied while it is stopped, and the copy ` +
    `is put back should the new version fail.${link(service)}`
  );
}

function sideBySideText({ title }: Service): string {
  return `${title} answers all the while: another one beside it takes its place until the new version is healthy`;
}

/** Nothing tells what another image of one version migrates: it is gone about as any other. */
function anewText({ service: { title, upgrade }, from, to }: VersionChange): string {
  const copied = "each instance is copied while it is stopped, and the copy is put back should that image fail";
  return `${to} is the version of ${title} that runs as ${from}, in another image${upgrade.oneWay ? `: ${copied}` : ""}`;
}

function notesText(service: Service): string[] {
  const notes = link(service).trim();
  return notes === "" ? [] : [notes];
}

function link({ upgrade }: Service): string {
  return upgrade.notes === undefined ? "" : ` Release notes: ${upgrade.notes}`;
}

function minorOf(version: string): { prefix: string; major: string; minor: number } | null {
  const [, prefix = "", major, minor] = /^(v?)(\d+)\.(\d+)/.exec(version) ?? [];
  return major === undefined || minor === undefined ? null : { prefix, major, minor: Number(minor) };
}
