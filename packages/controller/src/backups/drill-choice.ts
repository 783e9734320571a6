/** Which subjects are drilled, from which backup. Pure. */
import type { Backup, BackupPart } from "@berth/shared/api/backups";
import type { Proof } from "@berth/shared/api/drills";
import { BerthError } from "@berth/shared/errors";
import type { BackupSubject } from "./subjects.ts";

/** A subject as the choice knows it. */
export interface Candidate extends Pick<BackupSubject, "owner" | "subject"> {
  /** What it is one of: its service, or `buckets`. */
  kind: string;
}

export interface Chosen<S extends Candidate> {
  subject: S;
  backup: Backup;
  part: BackupPart;
}

/** All of those that have a complete backup; the others by name. */
export function withBackups<S extends Candidate>(
  subjects: readonly S[],
  backups: readonly Backup[],
): { chosen: Chosen<S>[]; missing: string[] } {
  const chosen: Chosen<S>[] = [];
  const missing: string[] = [];
  for (const subject of subjects) {
    const found = newestOf(subject.subject, backups);
    if (found === undefined) missing.push(subject.subject);
    else chosen.push({ subject, ...found });
  }
  return { chosen, missing };
}

/**
 * One of each kind. Owners are drilled as a whole, the one that was proven longest ago first, until there is no kind
 * left: so a few backups are proven whole, and not a part of each.
 */
export function oneOfEachKind<S extends Candidate>(
  chosen: readonly Chosen<S>[],
  proofs: readonly Proof[],
): Chosen<S>[] {
  const owners = [...Map.groupBy(chosen, ({ subject }) => subject.owner)].toSorted(
    ([one, own], [other, others]) =>
      provenSince(own, proofs).localeCompare(provenSince(others, proofs)) || one.localeCompare(other),
  );
  const kinds = new Set<string>();
  return owners.flatMap(([, own]) => {
    const found = own.map(({ subject }) => subject.kind);
    if (found.every((kind) => kinds.has(kind))) return [];
    for (const kind of found) kinds.add(kind);
    return own;
  });
}

/** When all of an owner's subjects were proven last; empty: one of them never was. */
function provenSince(own: readonly Chosen<Candidate>[], proofs: readonly Proof[]): string {
  const times = own.map(({ subject }) => lastProof(subject.subject, proofs)?.at ?? "");
  return times.toSorted()[0] ?? "";
}

export function lastProof(subject: string, proofs: readonly Proof[]): Proof | undefined {
  return proofs
    .filter((proof) => proof.subject === subject)
    .toSorted((one, other) => other.at.localeCompare(one.at))[0];
}

export function noBackup(of: string): BerthError {
  return new BerthError("not-found", `There is no complete backup of ${of} to drill`, {
    hint: `\`berth backup create ${of}\` makes one`,
  });
}

function newestOf(subject: string, backups: readonly Backup[]): { backup: Backup; part: BackupPart } | undefined {
  const newestFirst = backups.toSorted((one, other) => other.createdAt.localeCompare(one.createdAt));
  for (const backup of newestFirst) {
    const part = backup.parts.find((candidate) => candidate.subject === subject);
    if (backup.state === "complete" && part !== undefined) return { backup, part };
  }
  return undefined;
}
