/** What a run proves of backups, read from its steps. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { Proof } from "@berth/shared/api/drills";
import type { RunRecord } from "../inventory/runs.ts";
import { parseInput, parseResult } from "../runs/operation-types.ts";

const proving: readonly string[] = ["backup.drill", "backup.restore"];

export function provesBackups(steps: readonly { kind: string }[]): boolean {
  return steps.some(({ kind }) => proving.includes(kind));
}

/**
 * A restore proves the data; whether the service is healthy with them, it does not always wait for. One that had no place
 * for something of its part of the backup proves nothing.
 */
export function proofsOfRun(run: RunRecord, backups: readonly Backup[]): Proof[] {
  return run.steps.flatMap((step): Proof[] => {
    if (step.state !== "succeeded") return [];
    const common = { run: run.id, at: step.endedAt ?? run.createdAt };
    if (step.kind === "backup.drill") {
      const { backup, subject, repository } = parseInput("backup.drill", step.input);
      return [
        {
          ...common,
          backup,
          subject,
          owner: repository.owner,
          by: "drill",
          ...parseResult("backup.drill", step.result),
        },
      ];
    }
    if (step.kind !== "backup.restore") return [];
    const { backup, subject: to, from: subject = to, repository, parts } = parseInput("backup.restore", step.input);
    const held = backups.find(({ id }) => id === backup)?.parts.find((part) => part.subject === subject);
    if (held !== undefined && parts.length < held.snapshots.length) return [];
    const unknown = { version: null, parts: [], seconds: null, memoryBytes: null };
    return [{ ...common, ...unknown, backup, subject, owner: repository.owner, by: "restore", level: "data" }];
  });
}

/** When the last part of the backup was proven; null: some never were. */
export function provenAt({ id, parts }: Pick<Backup, "id" | "parts">, proofs: readonly Proof[]): string | null {
  const times = parts.map(
    ({ subject }) => proofs.find((proof) => proof.backup === id && proof.subject === subject)?.at ?? null,
  );
  const known = times.flatMap((time) => time ?? []);
  return known.length < times.length ? null : (known.toSorted().at(-1) ?? null);
}
