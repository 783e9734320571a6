/** Keeps the records of backups in step with the runs that make, check, prune and restore them. */
import pLimit from "p-limit";
import type { Backup } from "@berth/shared/api/backups";
import { findBackup, listBackups, putBackup, removeBackups, updateBackup } from "../inventory/backups.ts";
import type { Inventory, Queryable } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import { readRun, type RunRecord } from "../inventory/runs.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/open.ts";
import { keptSecrets } from "./kept-secrets.ts";
import { backupsOfRun, checkedRepositories, concernsBackups, prunedBackups, restoredBackups } from "./records.ts";

export interface BackupsFollower {
  /** Ends when everything is written. Call it when no run is carried out, and before the inventory closes. */
  close: () => Promise<void>;
}

export interface FollowDependencies {
  inventory: Inventory;
  runner: Pick<Runner, "events" | "list">;
  secrets: Pick<Secrets, "list">;
  /** Called when a run has ended and what it did is written. */
  onEnd?: () => void;
  onFailure: (error: unknown) => void;
}

/** Follows runs of every kind, also those that ended while the controller did. Recording one again changes nothing. */
export async function followBackups(dependencies: FollowDependencies): Promise<BackupsFollower> {
  const { inventory, runner, onEnd, onFailure } = dependencies;
  const { database } = inventory;
  // One after the other: what a run says of a backup when it ends comes after what it said when it began.
  const serialize = pLimit(1);
  const begun = new Set<number>();
  let last: Promise<void> = Promise.resolve();

  async function record(id: number): Promise<void> {
    const run = await readRun(database, id);
    if (run === null) return;
    await database.transaction().execute((transaction) => recordRun(transaction, run, dependencies.secrets));
  }

  runner.events.on("run", ({ id, state, steps }) => {
    const isRunning = state === "running";
    if (isRunning && begun.has(id)) return;
    if (isRunning) begun.add(id);
    else begun.delete(id);
    last = serialize(async () => {
      if (concernsBackups(steps)) await record(id).catch(onFailure);
      if (!isRunning) onEnd?.();
    });
  });

  const unfinished = (await listBackups(database)).filter(({ state }) => state === "running").map(({ run }) => run);
  const newest = (await runner.list(1)).map(({ id }) => id);
  for (const id of new Set([...unfinished, ...newest])) await serialize(() => record(id));
  return { close: async () => last };
}

async function recordRun(database: Queryable, run: RunRecord, secrets: Pick<Secrets, "list">): Promise<void> {
  for (const backup of backupsOfRun(run, (part) => keptSecrets(part, secrets))) {
    const before = await findBackup(database, backup.id);
    await putBackup(database, backup);
    if (backup.state === "failed" && before?.state !== "failed") await recordEvent(database, failure(backup));
  }
  if (run.state === "running") return;
  for (const { owner, location, snapshots, at } of checkedRepositories(run)) {
    // What went to another target is not to be found in this one.
    const ofOwner = (await listBackups(database)).filter(
      (backup) => backup.owner === owner && (backup.location ?? location) === location,
    );
    for (const backup of ofOwner) await recordCheck(database, backup, { snapshots, at, since: run.createdAt });
  }
  await removeBackups(database, prunedBackups(run));
  for (const [id, subjects] of restoredBackups(run)) {
    const backup = await findBackup(database, id);
    const isWhole = backup?.parts.every(({ subject }) => subjects.includes(subject)) === true;
    if (isWhole && run.endedAt !== null) await updateBackup(database, id, { provenAt: run.endedAt });
  }
}

async function recordCheck(
  database: Queryable,
  { id, state, createdAt, parts }: Backup,
  { snapshots, at, since }: { snapshots: ReadonlySet<string>; at: string; since: string },
): Promise<void> {
  if ((state !== "complete" && state !== "lost") || createdAt >= since) return;
  const isThere = parts.every((part) => part.snapshots.every(({ snapshot }) => snapshots.has(snapshot)));
  await updateBackup(database, id, isThere ? { state: "complete", verifiedAt: at } : { state: "lost" });
}

function failure({ id, run, subject }: Pick<Backup, "id" | "run" | "subject">) {
  return {
    kind: "backup.failed" as const,
    message: `The backup ${id} of ${subject} failed: see \`berth run logs ${run}\``,
    data: { backup: id, run },
  };
}
