/** What a page asks for each time its stream opens, because the stream tells changes only. */
import { getSamples } from "@berth/shared/api/metrics";
import { getRun, listRuns } from "@berth/shared/api/runs";
import { getVersion } from "@berth/shared/api/status";
import { call } from "../api/client.ts";
import { applyRun, applyRunList, type FleetState } from "../fleet/fleet-state.ts";
import type { SampleStore } from "../samples/sample-store.ts";
import type { Store } from "../store.ts";

const recentRuns = 30;

/** The list of runs, and the steps of those that go on. */
export async function loadRuns(fleet: Store<FleetState>, signal: AbortSignal): Promise<void> {
  const { runs } = await call(listRuns, { query: { limit: recentRuns }, signal });
  fleet.set(applyRunList(fleet.get(), runs));
  for (const { id } of runs.filter((run) => run.state === "running")) {
    const run = await call(getRun, { params: { id }, signal });
    fleet.set(applyRun(fleet.get(), run));
  }
}

export async function loadSamples(samples: SampleStore, seconds: number, signal: AbortSignal): Promise<void> {
  const { nodes } = await call(getSamples, { query: { seconds }, signal });
  samples.load(nodes, performance.now());
}

export async function loadVersion(signal: AbortSignal): Promise<string> {
  return (await call(getVersion, { signal })).version;
}
