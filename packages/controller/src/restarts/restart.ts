/** Restarts for people: planned, and carried out as a run. */
import type { Run } from "@berth/shared/api/runs";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { FleetControl } from "../apply/apply.ts";
import type { Desired } from "../plan/desired.ts";
import type { FleetPlan } from "../plan/plan.ts";
import type { NewRun } from "../runs/store.ts";
import { planRestart } from "./plan-restart.ts";

export interface RestartOptions {
  account: string;
  dryRun: boolean;
}

/** Throws what `planRestart` does, and `conflict` beside another run. `run` null: it was a dry run. */
export type RestartControl = (
  names: readonly string[],
  options: RestartOptions,
) => Promise<{ plan: FleetPlan; run: Run | null }>;

export interface RestartDependencies {
  /** Throws `not-found` before the first apply. */
  fleet: () => Promise<Fleet>;
  desired: (fleet: Fleet) => Desired;
  startRun: (run: NewRun) => Promise<Run | null>;
  exclusively: FleetControl["exclusively"];
}

export function createRestart({ fleet, desired, startRun, exclusively }: RestartDependencies): RestartControl {
  return (names, { account, dryRun }) =>
    exclusively(async () => {
      const present = await fleet();
      const plan = planRestart(names, present, desired(present));
      return { plan, run: dryRun ? null : await startRun({ plan, kind: "restart", account }) };
    });
}
