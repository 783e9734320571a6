/** Ends the logins that a rotation which failed has left in PostgreSQL. */
import type { Fleet } from "@berth/shared/fleet/schema";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { Inventory } from "../inventory/database.ts";
import { findRunningRun, readRun, type RunRecord } from "../inventory/runs.ts";
import type { Desired } from "../plan/desired.ts";
import { databaseOf } from "./plan-rotation.ts";
import { hasFailed, rotationKind } from "./untaken.ts";

export interface RetirementDependencies {
  inventory: Inventory;
  store: FleetStore;
  desired: (fleet: Fleet) => Desired;
  /** Runs work that must not meet an apply. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Hash of what the node runs as the instance now; undefined: nothing. Throws `node.offline`. */
  observedHash: (node: string, instance: string, signal: AbortSignal) => Promise<string | undefined>;
  /** Ends every login of the need's database but the present one. */
  retire: (fleet: Fleet, need: DatabaseNeed) => Promise<unknown>;
}

/**
 * After a rotation that failed was settled: ends every login of its instance's database but the present one. Idempotent.
 * Nothing is ended unless the instance is seen to run as it should, and so with the present login: one that came up late
 * with its new secrets goes on working. Throws when the node or the server does not answer.
 */
export type RetireLeftLogins = (run: number, signal: AbortSignal) => Promise<void>;

export function createLoginRetirement(dependencies: RetirementDependencies): RetireLeftLogins {
  const { inventory, store, exclusively } = dependencies;

  /** What the fleet, as it is now, has of the instance; null: it has none, or none with a database. */
  async function presentOf(instance: string) {
    const fleet = (await store.current())?.fleet;
    if (fleet === undefined) return null;
    const desired = dependencies.desired(fleet);
    const spec = desired.instances.find((one) => one.spec.instance === instance)?.spec;
    const need = databaseOf(instance, desired);
    return spec === undefined || need === undefined ? null : { fleet, need, node: spec.node, hash: spec.hash };
  }

  return async (id, signal) => {
    const run = await readRun(inventory.database, id);
    const instance = run === null ? undefined : instanceWithLogins(run);
    const present = instance === undefined ? null : await presentOf(instance);
    if (instance === undefined || present === null) return;
    // Before the others are held up: an agent may take its time to answer.
    const running = await dependencies.observedHash(present.node, instance, signal);
    await exclusively(async () => {
      // A run that is under way may be making the next login.
      if ((await findRunningRun(inventory.database)) !== null) return;
      const now = await presentOf(instance);
      if (now !== null && now.hash === running) await dependencies.retire(now.fleet, now.need);
    });
  };
}

/** The instance for which a rotation that failed may have made a login, or not ended the former ones. */
function instanceWithLogins(run: RunRecord): string | undefined {
  if (run.kind !== rotationKind || !hasFailed(run)) return undefined;
  if (!run.steps.some(({ kind }) => kind === "database.ensure")) return undefined;
  return run.steps.find(({ kind }) => kind === "secrets.rotate")?.target;
}
