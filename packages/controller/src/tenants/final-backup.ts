/** What comes before a tenant's data are removed: a backup of all of it. */
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";

export interface FinalBackup {
  operations: readonly PlannedOperation[];
  warnings: readonly string[];
}

export interface FinalBackupOptions {
  keepData: boolean;
  /** false: somebody has said that there is to be none. */
  backup: boolean;
  dryRun: boolean;
}

/** Makes the operations, and the secrets that they refer to unless it is a dry run. */
export type PlanFinalBackup = (tenant: string, options: { dryRun: boolean }) => Promise<readonly PlannedOperation[]>;

/** Throws what keeps it from being made; a fleet that has no backups is told so, and loses nothing that it relied on. */
export async function finalBackup(
  tenant: string,
  { backups }: Pick<Fleet, "backups">,
  { keepData, backup, dryRun }: FinalBackupOptions,
  plan: PlanFinalBackup,
): Promise<FinalBackup> {
  if (keepData || !backup) return { operations: [], warnings: [] };
  if (backups === undefined) {
    const warning = "no backup is made of it: the fleet file does not say where backups are kept (docs/backups.md)";
    return { operations: [], warnings: [warning] };
  }
  try {
    return { operations: await plan(tenant, { dryRun }), warnings: [] };
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    throw new BerthError(error.code, `No final backup can be made of '${tenant}': ${error.message}`, {
      hint: `${error.hint ?? "Nothing was changed"}; \`berth tenant remove ${tenant} --no-backup\` removes it without one`,
      cause: error,
    });
  }
}
