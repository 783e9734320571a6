/** What carrying an upgrade out uses of other rooms. */
import type { Route, RouteResult } from "@berth/shared/api/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { ObservedInstance } from "@berth/shared/protocol/state";
import type { Hub } from "../../agents/types.ts";
import type { Inventory } from "../../inventory/database.ts";
import type { CheckpointStore } from "../../needs/postgres-store.ts";

export interface UpgradeDependencies {
  inventory: Pick<Inventory, "database">;
  hub: Pick<Hub, "dispatch">;
  checkpoints: CheckpointStore;
  fleet: () => Promise<Fleet>;
  /** The specification as its node gets it: with the values of secrets. */
  resolve: (spec: InstanceSpec) => InstanceSpec;
  /** What the node runs as the instance now; undefined: nothing. Throws when it cannot be seen. */
  observe: (node: string, instance: string, signal: AbortSignal) => Promise<ObservedInstance | undefined>;
  routes: () => Promise<readonly Route[]>;
  testRoutes: (
    request: { hosts: readonly string[]; patienceSeconds: number },
    signal: AbortSignal,
  ) => Promise<RouteResult[]>;
  /** Makes the version the one that the fleet's text says for the instance. */
  recordVersion: (spec: InstanceSpec) => Promise<void>;
  /** Takes known secrets out of a text. */
  redact: (text: string) => string;
  /** Between tries, while an instance is stopped; each further pause is twice as long. */
  pauseMilliseconds?: number;
}
