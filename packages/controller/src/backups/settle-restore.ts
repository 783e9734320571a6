/** Once a restore has ended before its end: whatever has come back has the keys that it is read with. */
import { parseInput } from "../runs/operation-types.ts";
import type { Inventory, Queryable } from "../inventory/database.ts";
import { readRun, type RunRecord } from "../inventory/runs.ts";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Desired } from "../plan/desired.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/open.ts";
import type { Adoption } from "./kept-secrets.ts";

export const restoreKind = "backup.restore";

export interface SettleDependencies {
  inventory: Inventory;
  secrets: Pick<Secrets, "putAs" | "reveal">;
  fleet: () => Promise<Fleet>;
  desired: (fleet: Fleet) => Desired;
  recordDesired: (desired: Desired) => Promise<(transaction: Queryable) => Promise<void>>;
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * A run that was cancelled between an instance's data and its keys would leave it with keys that `berth apply` starts it
 * with, and that open nothing. What has not come back keeps its own. Idempotent; carrying on with the run finds it done.
 */
export function settleRestore(dependencies: SettleDependencies, id: number): Promise<void> {
  const { inventory, secrets } = dependencies;
  return dependencies.exclusively(async () => {
    const run = await readRun(inventory.database, id);
    if (run === null || run.kind !== restoreKind || run.state === "running" || run.state === "succeeded") return;
    for (const { name, version, copy, copyVersion } of unadopted(run))
      await secrets.putAs({ name, version }, secrets.reveal(copy, copyVersion));
    // The run was to lead to the new versions, of which some may not have come to be.
    const record = await dependencies.recordDesired(dependencies.desired(await dependencies.fleet()));
    await inventory.database.transaction().execute(record);
  });
}

/** Keys of data that have come back which their instance did not get. Pure. */
export function unadopted({ steps }: Pick<RunRecord, "steps">): Adoption[] {
  const restored = new Set(
    steps.filter(({ kind, state }) => kind === "backup.restore" && state === "succeeded").map(({ id }) => id),
  );
  return steps
    .filter(({ kind, state, after }) => {
      return kind === "secrets.adopt" && state !== "succeeded" && after.every((before) => restored.has(before));
    })
    .flatMap((step) => parseInput("secrets.adopt", step.input).secrets);
}

export interface RestoresFollower {
  /** Ends when what has ended is settled. Call it when no run is carried out, and before the inventory closes. */
  close: () => Promise<void>;
}

/** Also settles the newest run when it ended while the controller did. */
export async function followRestores(
  dependencies: SettleDependencies,
  { runner, onFailure }: { runner: Pick<Runner, "events" | "list">; onFailure: (error: unknown) => void },
): Promise<RestoresFollower> {
  let last: Promise<void> = Promise.resolve();
  const settle = (id: number): Promise<void> => {
    last = last.then(() => settleRestore(dependencies, id)).catch(onFailure);
    return last;
  };
  runner.events.on("run", ({ id, kind, state }) => {
    if (kind === restoreKind && state !== "running") void settle(id);
  });
  const [newest] = await runner.list(1);
  if (newest?.kind === restoreKind) await settle(newest.id);
  return { close: () => last };
}
