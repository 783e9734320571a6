/**
 * Makes the inventory of a backup one that a controller may go on with. What was under way then has ended somehow since:
 * carried on, it would do again what was done, restore what was written over since, or bring back what was removed.
 */
import { BerthError } from "@berth/shared/errors";
import { now } from "../inventory/columns.ts";
import type { Inventory } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import { addRebuild, listControllerBackups, putControllerBackup } from "../inventory/recovery.ts";
import { forgetLogins } from "../inventory/rebuilt.ts";
import { findRunningRun, insertRun, updateRun } from "../inventory/runs.ts";
import { endRun } from "../runs/store.ts";
import type { Manifest } from "./manifest.ts";

export interface Settled {
  /** The run that was under way; null: none was. */
  interruptedRun: number | null;
}

export async function settleInventory(
  inventory: Inventory,
  { id, createdAt }: Pick<Manifest, "id" | "createdAt">,
): Promise<Settled> {
  const { database } = inventory;
  const running = await findRunningRun(database);
  if (running !== null) {
    const why = `The controller was lost after ${createdAt}, and rebuilt from its backup: what became of this is not known`;
    await endRun(inventory, running.id, new BerthError("cancelled", why, { hint: "Apply the fleet file again." }));
  }
  const rebuiltAt = now();
  await database.transaction().execute(async (transaction) => {
    // The newest run of all, so that none before it can be resumed.
    const run = await insertRun(transaction, {
      ...{ kind: "controller.restore", account: "local", createdAt: rebuiltAt, steps: [] },
    });
    await updateRun(transaction, { ...run, state: "succeeded", endedAt: rebuiltAt });
    await forgetLogins(transaction);
    await addRebuild(transaction, { backup: id, backedUpAt: createdAt, rebuiltAt });
    const own = (await listControllerBackups(transaction)).find((backup) => backup.id === id);
    // As far as it knows of itself, it is still being made.
    if (own !== undefined) await putControllerBackup(transaction, { ...own, state: "complete", endedAt: createdAt });
    await recordEvent(transaction, {
      kind: "controller.restored",
      message: `The controller was rebuilt from its backup ${id} of ${createdAt}`,
      data: { backup: id },
    });
  });
  return { interruptedRun: running?.id ?? null };
}
