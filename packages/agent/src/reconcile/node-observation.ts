/** What the node is at this moment, for the controller that asks. */
import { toBerthError } from "@berth/shared/errors";
import type { Observation } from "@berth/shared/protocol/state";
import { within } from "../deadline.ts";
import type { FirewallKeeper } from "../firewall/keeper.ts";
import type { Log } from "../log.ts";
import type { HealthWatch } from "./health-watch.ts";
import type { Observer } from "./observer.ts";
import type { Reconciler } from "./reconciler.ts";

/** How long an observation waits for health that was never looked at, just after a start. */
const firstLookMilliseconds = 2_000;

export interface NodeObservationDependencies {
  observer: Pick<Observer, "observe">;
  reconciler: Pick<Reconciler, "ready">;
  health: Pick<HealthWatch, "firstLook">;
  firewall: Pick<FirewallKeeper, "observe">;
  log: Log;
}

/** Never rejects: what could not be found out is left out, or told as unreachable. */
export async function observeNode(dependencies: NodeObservationDependencies): Promise<Observation> {
  const [observation, firewall] = await Promise.all([observeInstances(dependencies), dependencies.firewall.observe()]);
  return { ...observation, ...(firewall === undefined ? {} : { firewall }) };
}

async function observeInstances(dependencies: NodeObservationDependencies): Promise<Observation> {
  try {
    await firstLook(dependencies);
    return await dependencies.observer.observe();
  } catch (error) {
    dependencies.log.warn({ reason: toBerthError(error).message }, "the node could not be observed");
    return { instances: [], images: [], docker: "unreachable" };
  }
}

/** Just after a start nothing is known of health yet: waits a moment for it, so as not to answer "unknown". */
async function firstLook({ reconciler, health }: NodeObservationDependencies): Promise<void> {
  const looked = reconciler.ready().then(async () => health.firstLook());
  try {
    await within(looked, firstLookMilliseconds, "a first look at every instance");
  } catch (error) {
    if (toBerthError(error).code !== "deadline.exceeded") throw error;
  }
}
