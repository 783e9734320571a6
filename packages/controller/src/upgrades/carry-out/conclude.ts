/** The handler of `upgrade.conclude`. */
import { BerthError } from "@berth/shared/errors";
import type { Inventory } from "../../inventory/database.ts";
import { instancesOfUpgrade } from "../../inventory/upgrades.ts";
import type { OperationHandler } from "../../runs/handlers.ts";
import { againCommand } from "./upgrade-again.ts";

export interface ConcludeDependencies {
  inventory: Pick<Inventory, "database">;
  /** Makes the version that of the service, where all its instances have it. */
  concludeVersion: (of: { service: string; version: string }) => Promise<void>;
}

export function createUpgradeConcludeHandler({
  inventory,
  concludeVersion,
}: ConcludeDependencies): OperationHandler<"upgrade.conclude"> {
  return async ({ input: { upgrade, service, version, instances }, log }) => {
    const rows = await instancesOfUpgrade(inventory.database, upgrade);
    const outcomes = instances.map((instance) => rows.find((row) => row.instance === instance)?.outcome ?? null);
    const others = instances.filter((_, index) => outcomes[index] !== "upgraded");
    const upgraded = instances.length - others.length;
    if (others.length > 0) {
      throw new BerthError(
        "run.failed",
        `${upgraded} of ${instances.length} instances run ${service} ${version}; ${others.join(", ")} ${others.length === 1 ? "runs" : "run"} what ran before`,
        { hint: `Once repaired, \`${againCommand({ service, version })}\` moves those that are left.` },
      );
    }
    await concludeVersion({ service, version });
    log(`${upgraded} ${upgraded === 1 ? "instance runs" : "instances run"} ${service} ${version}`);
    return { upgraded, wentBack: 0 };
  };
}
