/**
 * The handler of `instance.rollback`: an instance that was moved goes back as one does that fails by itself, where the
 * upgrade has failed; where it has not, what it could have gone back to is removed.
 */
import { advanceUpgrade, hasFailed, instancesOfUpgrade, type UpgradeInstance } from "../../inventory/upgrades.ts";
import type { OperationHandler } from "../../runs/handlers.ts";
import type { UpgradeDependencies } from "./dependencies.ts";
import { goThrough, type Move } from "./instance-upgrade.ts";
import { createNodeWork } from "./node-work.ts";
import { removeCopies } from "./put-back.ts";

export function createInstanceRollbackHandler(
  dependencies: UpgradeDependencies,
): OperationHandler<"instance.rollback"> {
  return async (context) => {
    const { input, log } = context;
    const { instance, node } = input.spec;
    const all = await instancesOfUpgrade(dependencies.inventory.database, input.upgrade);
    const row = all.find((one) => one.instance === instance);
    // Its turn never came: it was not touched.
    if (row === undefined) return { wentBack: false };
    const work = createNodeWork(node, context, dependencies);
    const move: Move = { row, context, work, dependencies };
    if (isGoingBack(row) || (row.outcome === "upgraded" && hasFailed(all, input.maxFailures))) {
      await goBack(move, all);
    } else if (row.outcome === "upgraded") {
      await removeCopies(row, work, { ...dependencies, log });
      return { wentBack: false };
    }
    // Also after a kill between its end and this.
    if (input.record) await dependencies.recordVersion(input.former);
    return { wentBack: true };
  };
}

/** An earlier attempt at it was cut off. */
function isGoingBack({ phase }: UpgradeInstance): boolean {
  return phase === "putting-back" || phase === "returning";
}

async function goBack(move: Move, all: readonly UpgradeInstance[]): Promise<void> {
  const { row, context, dependencies } = move;
  if (!isGoingBack(row)) {
    const failed = all.filter(({ outcome }) => outcome === "went-back").map(({ instance }) => instance);
    const reason = `rolled back with the upgrade: ${failed.join(", ")} went back`;
    context.log(`${row.instance} ${row.toVersion} is taken back: ${reason}`);
    const phase = row.checkpoint === null ? "returning" : "putting-back";
    // From here on it is one that goes back: whatever comes next puts back what it held.
    const begun = { phase, outcome: null, reason, endedAt: null, gapMilliseconds: null, stoppedAt: null } as const;
    await advanceUpgrade(dependencies.inventory.database, row, begun);
    Object.assign(row, begun);
  }
  await goThrough(move);
}
