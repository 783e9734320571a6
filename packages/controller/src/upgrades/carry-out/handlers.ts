/** What other rooms have this one do: the operations of upgrades, and what else has to be done about them. */
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { OperationHandler } from "../../runs/handlers.ts";
import type { WorkContext } from "./node-work.ts";

export interface UpgradeHandlers {
  instanceUpgrade: OperationHandler<"instance.upgrade">;
  instanceRollback: OperationHandler<"instance.rollback">;
  upgradeConclude: OperationHandler<"upgrade.conclude">;
  /** Before an instance is made to run something: ends what an upgrade of it has left half-way. */
  settle: (next: Pick<InstanceSpec, "instance" | "version">, context: WorkContext) => Promise<void>;
  /** Its data are replaced by those of a backup: whatever an upgrade has left is of no use any more. */
  abandon: (instance: string) => Promise<void>;
  /** It is gone, with its data. */
  forget: (instance: string) => Promise<void>;
}
