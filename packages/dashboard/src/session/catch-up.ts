/** What a page asks for each time its stream opens, because the stream tells changes only. */
import { getSamples } from "@berth/shared/api/metrics";
import { getRun, listRuns, type Run } from "@berth/shared/api/runs";
import { getVersion } from "@berth/shared/api/status";
import { call } from "../api/client.ts";
import { applyAnsweredRun, applyRunList, type FleetState } from "../fleet/fleet-state.ts";
import type { SampleStore } from "../samples/sample-store.ts";
import type { Store } from "../store.ts";

const recentRuns = 30;

/** The list of runs, and the steps of those that go on. */
export async function loadRuns(fleet: Store<FleetState>, signal: AbortSignal): Promise<void> {
  const asked = fleet.get();
  const { runs } = await call(listRuns, { query: { limit: recentRuns }, signal });
  fleet.set(applyRunList(fleet.get(), asked, runs));
  for (const { id } of runs.filter((run) => run.state === "running")) {
    await takeRun(fleet, call(getRun, { params: { id }, signal }));
  }
}

/** Takes over a run from an answer that is under way. */
export async function takeRun(fleet: Store<FleetState>, answer: Promise<Run>): Promise<void> {
  const asked = fleet.get();
  const run = await answer;
  fleet.set(applyAnsweredRun(fleet.get(), asked, run));
}

export async function loadSamples(samples: SampleStore, seconds: number, signal: AbortSignal): Promise<void> {
  const { nodes } = await call(getSamples, { query: { seconds }, signal });
  samples.load(nodes, performance.now());
}

export async function loadVersion(signal: AbortSignal): Promise<string> {
  return (await call(getVersion, { signal })).version;
}
