/** Records what runs have proven of backups, and says when a drill has found that one does not come back. */
import pLimit from "p-limit";
import { findBackup, listBackups, updateBackup } from "../inventory/backups.ts";
import type { Inventory, Queryable } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import { listProofs, putProof } from "../inventory/proofs.ts";
import { readRun, type RunRecord } from "../inventory/runs.ts";
import type { Runner } from "../runs/runner.ts";
import { parseInput } from "../runs/operation-types.ts";
import { proofsOfRun, provenAt, provesBackups } from "./drill-records.ts";

export interface ProofsFollower {
  /** Ends when everything is written. Call it when no run is carried out, and before the inventory closes. */
  close: () => Promise<void>;
}

export interface FollowProofsDependencies {
  inventory: Inventory;
  runner: Pick<Runner, "events" | "list">;
  /** Called when a run has ended and what it proved is written. */
  onEnd?: () => void;
  onFailure: (error: unknown) => void;
}

/** Also of the run that ended while the controller did. Recording one again changes nothing. */
export async function followProofs(dependencies: FollowProofsDependencies): Promise<ProofsFollower> {
  const { inventory, runner, onEnd, onFailure } = dependencies;
  const { database } = inventory;
  const serialize = pLimit(1);
  let last: Promise<void> = Promise.resolve();

  async function record(id: number, isNew: boolean): Promise<void> {
    const run = await readRun(database, id);
    if (run === null || run.state === "running") return;
    await database.transaction().execute((transaction) => recordRun(transaction, run, isNew));
  }

  runner.events.on("run", ({ id, state, steps }) => {
    if (state === "running") return;
    last = serialize(async () => {
      if (provesBackups(steps)) await record(id, true).catch(onFailure);
      onEnd?.();
    });
  });
  for (const { id } of await runner.list(1)) await serialize(() => record(id, false));
  return { close: async () => last };
}

async function recordRun(database: Queryable, run: RunRecord, isNew: boolean): Promise<void> {
  const proofs = proofsOfRun(run, await listBackups(database));
  for (const proof of proofs) await putProof(database, proof);
  const all = await listProofs(database);
  for (const id of new Set(proofs.map(({ backup }) => backup))) {
    const backup = await findBackup(database, id);
    const at = backup === null ? null : provenAt(backup, all);
    if (at !== null) await updateBackup(database, id, { provenAt: at });
  }
  if (isNew) for (const event of failures(run)) await recordEvent(database, event);
}

function failures({ id: run, steps }: RunRecord) {
  return steps
    .filter(({ kind, state }) => kind === "backup.drill" && state === "failed")
    .map(({ input, error }) => {
      const { backup, subject } = parseInput("backup.drill", input);
      const reason = error === null ? "" : `: ${error.message.split("\n")[0]}`;
      return {
        kind: "drill.failed" as const,
        message: `The drill of ${subject} in ${backup} failed${reason}`,
        data: { backup, subject, run },
      };
    });
}
