/** What a run says of backups, read from its steps: so a run that a stopped controller left behind says it as well. Pure. */
import type { Backup, BackupPart, BackupReason, KeptSecret } from "@berth/shared/api/backups";
import type { OperationInput, OperationKind } from "@berth/shared/operations/index";
import type { RunRecord, StepRecord } from "../inventory/runs.ts";
import { parseInput, parseResult } from "../runs/operation-types.ts";
import { subjectOf } from "./backup-id.ts";

export const scheduleKind = "backup.schedule";

/** Why a run's backups are made, by the run's kind. */
const reasons: Readonly<Record<string, BackupReason>> = {
  [scheduleKind]: "schedule",
  "tenant.remove": "final",
  "backup.restore": "before-restore",
  upgrade: "before-upgrade",
};

const backupKinds: readonly string[] = ["backup.create", "backup.restore", "repository.check", "repository.prune"];

export function concernsBackups(steps: readonly { kind: string }[]): boolean {
  return steps.some(({ kind }) => backupKinds.includes(kind));
}

/** The backups that a run makes, as far as they are. `keptOf`: the copies of a subject's secrets. */
export function backupsOfRun(
  run: RunRecord,
  keptOf: (part: { owner: string; subject: string }) => KeptSecret[],
): Omit<Backup, "verifiedAt" | "provenAt">[] {
  const made = stepsOf("backup.create", run);
  return [...Map.groupBy(made, ({ input }) => input.backup)].flatMap(([id, steps]) => {
    const [first] = steps;
    if (first === undefined) return [];
    const { owner, location } = first.input.repository;
    const parts = steps.map(({ step, input }) => partOf(step, input));
    return [
      {
        id,
        owner,
        subject: subjectOf(id),
        run: run.id,
        createdAt: run.createdAt,
        state: stateOf(parts),
        reason: reasons[run.kind] ?? "manual",
        location,
        parts,
        secrets: parts.flatMap(({ subject }) => keptOf({ owner, subject })),
      },
    ];
  });
}

function partOf(step: StepRecord, input: OperationInput<"backup.create">): BackupPart {
  const { subject, node, version } = input;
  const common = { subject, node, ...(version === undefined ? {} : { version }) };
  if (step.state === "succeeded") return { ...common, state: "complete", ...parseResult("backup.create", step.result) };
  const state = step.state === "waiting" || step.state === "running" ? "running" : "failed";
  return { ...common, state, snapshots: [], stoppedMilliseconds: 0 };
}

function stateOf(parts: readonly BackupPart[]): Backup["state"] {
  if (parts.some(({ state }) => state === "running")) return "running";
  return parts.every(({ state }) => state === "complete") ? "complete" : "failed";
}

/** Snapshots that repositories were found to hold, by owner. */
export function checkedRepositories(
  run: RunRecord,
): { owner: string; location: string; snapshots: Set<string>; at: string }[] {
  return stepsOf("repository.check", run)
    .filter(({ step }) => step.state === "succeeded")
    .map(({ step, input }) => ({
      owner: input.repository.owner,
      location: input.repository.location,
      snapshots: new Set(parseResult("repository.check", step.result).snapshots),
      at: step.endedAt ?? run.createdAt,
    }));
}

/** Backups that are not in their repositories any more. */
export function prunedBackups(run: RunRecord): string[] {
  return stepsOf("repository.prune", run)
    .filter(({ step }) => step.state === "succeeded")
    .flatMap(({ input }) => input.backups);
}

/** Subjects that were restored, by backup, where all that the run was to restore of it was. */
export function restoredBackups(run: RunRecord): Map<string, string[]> {
  const byBackup = Map.groupBy(stepsOf("backup.restore", run), ({ input }) => input.backup);
  return new Map(
    [...byBackup]
      .filter(([, steps]) => steps.every(({ step }) => step.state === "succeeded"))
      .map(([backup, steps]) => [backup, steps.map(({ input }) => input.from ?? input.subject)]),
  );
}

function stepsOf<K extends OperationKind>(
  kind: K,
  { steps }: RunRecord,
): { step: StepRecord; input: OperationInput<K> }[] {
  return steps.filter((step) => step.kind === kind).map((step) => ({ step, input: parseInput(kind, step.input) }));
}
