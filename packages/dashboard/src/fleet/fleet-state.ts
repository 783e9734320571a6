/** What the page knows of the fleet, and how each live event changes it. Pure. */
import type { AlertCount } from "@berth/shared/api/live";
import type { Run, RunSummary } from "@berth/shared/api/runs";
import type { InstanceStatus, NodeStatus, Status } from "@berth/shared/api/status";
import type { LiveEvent } from "./live-event.ts";

export interface FleetState {
  /** null: not told yet. */
  readonly status: Status | null;
  /** Newest first. */
  readonly runs: readonly RunSummary[] | null;
  /** Runs whose steps are known, by id. */
  readonly runDetails: ReadonlyMap<number, Run>;
  /** Runs as the stream told them last, by id. */
  readonly toldRuns: ReadonlyMap<number, Run>;
  /** Alerts that fire, as told last; `changes`: how often something was told of them. null: not told yet. */
  readonly alerts: (AlertCount & { readonly changes: number }) | null;
}

export const emptyFleetState: FleetState = {
  ...{ status: null, runs: null, alerts: null },
  ...{ runDetails: new Map(), toldRuns: new Map() },
};

/** The event carried over into a new state; what it does not concern stays the same object. */
export function applyLiveEvent(state: FleetState, event: LiveEvent): FleetState {
  switch (event.event) {
    case "status":
      return { ...state, status: event.data };
    case "node":
      return withStatus(state, (status) => ({ ...status, nodes: replaceByName(status.nodes, event.data) }));
    case "instance":
      return withStatus(state, (status) => ({ ...status, instances: replaceByName(status.instances, event.data) }));
    case "instance.gone":
      return withStatus(state, (status) => ({
        ...status,
        instances: status.instances.filter((instance) => instance.name !== event.data.name),
      }));
    case "run":
      return { ...applyRun(state, event.data), toldRuns: new Map(state.toldRuns).set(event.data.id, event.data) };
    case "alerts":
      return { ...state, alerts: { ...event.data, changes: (state.alerts?.changes ?? 0) + 1 } };
    case "log":
    case "samples":
      break;
  }
  return state;
}

/** A change before the whole status came would be overwritten by it anyway. */
function withStatus(state: FleetState, change: (status: Status) => Status): FleetState {
  return state.status === null ? state : { ...state, status: change(state.status) };
}

function replaceByName<Item extends NodeStatus | InstanceStatus>(items: Item[], next: Item): Item[] {
  const index = items.findIndex((item) => item.name === next.name);
  return index === -1 ? [...items, next] : items.with(index, next);
}

/**
 * A run with its steps, as an answer brings it. `asked`: the state when it was asked for. What the stream has told of the
 * run since then is newer, however late the answer comes.
 */
export function applyAnsweredRun(state: FleetState, asked: FleetState, run: Run): FleetState {
  return wasTold(state, asked, run) ? state : applyRun(state, run);
}

/** The list of GET /api/runs; `asked` as above. */
export function applyRunList(state: FleetState, asked: FleetState, runs: readonly RunSummary[]): FleetState {
  const news = runs.filter((run) => !wasTold(state, asked, run));
  return { ...state, runs: mergeRuns(state.runs ?? [], news) };
}

function wasTold(state: FleetState, asked: FleetState, { id }: RunSummary): boolean {
  return state.toldRuns.get(id) !== asked.toldRuns.get(id);
}

function applyRun(state: FleetState, run: Run): FleetState {
  const runDetails = new Map(state.runDetails).set(run.id, run);
  const { steps: _steps, ...summary } = run;
  return { ...state, runDetails, runs: mergeRuns(state.runs ?? [], [summary]) };
}

function mergeRuns(known: readonly RunSummary[], told: readonly RunSummary[]): RunSummary[] {
  const byId = new Map(known.map((run) => [run.id, run]));
  for (const run of told) byId.set(run.id, run);
  return [...byId.values()].toSorted((a, b) => b.id - a.id);
}

/** The run that is going on; the newest one if several are. */
export function currentRun(state: FleetState): RunSummary | undefined {
  return state.runs?.find((run) => run.state === "running");
}
