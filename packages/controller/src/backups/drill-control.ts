/** Drills for people and for the schedule, each as a run. */
import type { Run } from "@berth/shared/api/runs";
import type { Proof } from "@berth/shared/api/drills";
import { listBackups } from "../inventory/backups.ts";
import type { Inventory, Queryable } from "../inventory/database.ts";
import { recordLook } from "../inventory/looks.ts";
import { listProofs } from "../inventory/proofs.ts";
import type { NewRun } from "../runs/store.ts";
import type { BackupChange, BackupOptions } from "./backup-control.ts";
import { noBackup, oneOfEachKind, withBackups } from "./drill-choice.ts";
import { drillCandidates, planDrills } from "./drill-plan.ts";
import { formerTarget } from "./former-target.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { chooseSubjects } from "./subjects.ts";

export const drillKind = "backup.drill";

export interface DrillRequest {
  /** Tenant or instance; null: one of each kind, or everything. */
  of: string | null;
  all: boolean;
}

export interface DrillControl {
  /** Throws `not-found` where there is no backup of what is named. */
  drill: (request: DrillRequest, options: BackupOptions) => Promise<BackupChange>;
  /** The newest first. */
  proofs: (filter: { of?: string | undefined; backup?: string | undefined }) => Promise<Proof[]>;
}

export interface DrillControlDependencies {
  inventory: Inventory;
  /** Throws `not-found` before the first apply, and what is missing for backups. */
  present: () => Promise<PresentFleet>;
  /** Throws `conflict` when another run is under way. */
  startRun: (run: NewRun) => Promise<Run | null>;
  /** Runs work that must not meet an apply. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

export function createDrillControl({
  inventory,
  present,
  startRun,
  exclusively,
}: DrillControlDependencies): DrillControl {
  const { database } = inventory;

  async function plan({ of, all }: DrillRequest) {
    const fleet = await present();
    const subjects = new Set(chooseSubjects(of, fleet).map(({ subject }) => subject));
    const candidates = drillCandidates(fleet).filter(({ subject }) => subjects.has(subject));
    const { chosen, missing } = withBackups(
      candidates,
      (await listBackups(database)).filter((backup) => formerTarget(backup, fleet) === null),
    );
    if (of !== null && chosen.length === 0) throw noBackup(of);
    const drilled = of === null && !all ? oneOfEachKind(chosen, await listProofs(database)) : chosen;
    const { operations, warnings } = planDrills(drilled, fleet);
    // Where one of each kind is drilled, another one of the kind may have a backup.
    const unmade = of !== null || all ? missing : [];
    return { operations, warnings: [...unmade.map((subject) => `${subject} has no complete backup yet`), ...warnings] };
  }

  return {
    drill: (request, { account, dryRun }) =>
      exclusively(async () => {
        const planned = await plan(request);
        if (dryRun) return { plan: planned, run: null };
        const alongside = (transaction: Queryable) => recordLook(transaction, drillKind);
        const run = await startRun({ plan: planned, kind: drillKind, account, alongside });
        // No run was written: that there was nothing to drill is remembered all the same.
        if (run === null && request.of === null) await recordLook(database, drillKind);
        return { plan: planned, run };
      }),

    async proofs({ of, backup }) {
      const proofs = await listProofs(database);
      return proofs.filter(
        (proof) =>
          (of === undefined || proof.subject === of || proof.owner === of) &&
          (backup === undefined || proof.backup === backup),
      );
    },
  };
}
