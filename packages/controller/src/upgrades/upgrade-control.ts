/** Upgrades for people and for the schedule: begun, followed, listed, and instances that are to stay on their version. */
import type { Run } from "@berth/shared/api/runs";
import type { Upgrade, UpgradeRequest } from "@berth/shared/api/upgrades";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { type NewRun, runConflict } from "../runs/store.ts";
import { followed } from "../tenants/under-way.ts";
import { createHolds, type Holds, type HoldsDependencies } from "./holds.ts";
import { toUpgrades } from "./past-upgrades.ts";
import { conclusionId } from "./plan-upgrade.ts";
import { type PrepareDependencies, prepareUpgrade } from "./prepare.ts";
import { upgradeId } from "./upgrade-id.ts";

export const upgradeKind = "upgrade";

export interface UpgradeOptions {
  account: string;
  dryRun: boolean;
}

export interface UpgradeChange {
  plan: FleetPlan;
  /** null: nothing is to be done, or it was a dry run. */
  run: Run | null;
}

export interface UpgradeControl extends Holds {
  start: (request: UpgradeRequest, options: UpgradeOptions) => Promise<UpgradeChange>;
  /** The newest first. */
  list: (limit: number) => Promise<Upgrade[]>;
}

export interface UpgradeControlDependencies extends Omit<PrepareDependencies, "newId">, HoldsDependencies {
  store: Pick<FleetStore, "require">;
  control: Pick<FleetControl, "edit" | "exclusively">;
  /** Throws `conflict` when another run is under way. */
  startRun: (run: NewRun) => Promise<Run | null>;
  runUnderWay: () => Promise<Run | null>;
}

export function createUpgradeControl(dependencies: UpgradeControlDependencies): UpgradeControl {
  const { store, control } = dependencies;

  async function begin(request: UpgradeRequest, { account, dryRun }: UpgradeOptions): Promise<UpgradeChange> {
    const fleet = await store.require();
    const plan = await prepareUpgrade(request, { fleet, dryRun }, { ...dependencies, newId: upgradeId });
    return { plan, run: dryRun ? null : await dependencies.startRun({ plan, kind: upgradeKind, account }) };
  }

  return {
    async start(request, options) {
      if (options.dryRun) return begin(request, options);
      const run = await dependencies.runUnderWay();
      if (run !== null && isUpgradeTo(run, request)) return followed(run);
      // Before instances are looked at: those that it moves are not well meanwhile, which is no fault of theirs.
      if (run !== null) throw runConflict(run);
      return control.exclusively(() => begin(request, options));
    },
    list: async (limit) => toUpgrades(await dependencies.past(), limit),
    ...createHolds(dependencies),
  };
}

/** Whether the run does already what is asked for. */
function isUpgradeTo({ kind, steps }: Run, { service, version }: UpgradeRequest): boolean {
  return kind === upgradeKind && steps.some(({ id }) => id === conclusionId(service, version));
}
