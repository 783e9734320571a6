/** Applying a file again while its run is under way: the run is followed, as the same is asked for. */
import type { Run } from "@berth/shared/api/runs";
import { mergeFleet } from "@berth/shared/fleet/edit";
import { followed } from "../tenants/under-way.ts";
import type { FleetControl, FleetFile } from "./apply.ts";
import type { FleetStore } from "./fleet-store.ts";

export interface FollowDependencies {
  control: Pick<FleetControl, "apply" | "plan">;
  store: Pick<FleetStore, "current" | "parse">;
  runUnderWay: () => Promise<Run | null>;
}

/** As `apply` of the control does it where no such run is under way. */
export function createFollowingApply(dependencies: FollowDependencies): FleetControl["apply"] {
  return async (file, account) => {
    const run = await dependencies.runUnderWay();
    if (run?.kind === "apply" && (await isItsFile(dependencies, run, file))) return followed(run);
    return dependencies.control.apply(file, account);
  };
}

/** Whether the run leads to what the file, merged with the present state, says; under pruning, with all that goes. */
async function isItsFile({ control, store }: FollowDependencies, run: Run, file: FleetFile): Promise<boolean> {
  store.parse(file.yaml, file.file);
  const present = await store.current();
  if (present === null || mergeFleet(present.yaml, file.yaml, file).text !== present.yaml) return false;
  if (!file.prune) return true;
  const planned = new Set(run.steps.map(({ id }) => id));
  const { operations } = await control.plan(file);
  return operations.every(({ id, change }) => change !== "remove" || planned.has(id));
}
