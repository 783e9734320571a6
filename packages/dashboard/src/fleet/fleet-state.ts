/** What the page knows of the fleet, and how each live event changes it. Pure. */
import type { AlertCount } from "@berth/shared/api/live";
import { withRunChange, type RunChange } from "@berth/shared/api/run-change";
import type { Run, RunSummary } from "@berth/shared/api/runs";
import type { InstanceStatus, NodeStatus, Status } from "@berth/shared/api/status";
import type { LiveEvent } from "./live-event.ts";
import { withAnswer, withChange, withMorePhases, withTold, type ToldRun } from "./run-details.ts";

export interface FleetState {
  /** null: not told yet. */
  readonly status: Status | null;
  /** Newest first. */
  readonly runs: readonly RunSummary[] | null;
  /** Runs whose steps are known, by id. */
  readonly runDetails: ReadonlyMap<number, Run>;
  /** What the stream told of runs, by id. */
  readonly toldRuns: ReadonlyMap<number, ToldRun>;
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
    case "node.gone":
      return withStatus(state, (status) => withoutNode(status, event.data.name));
    case "instance":
      return withStatus(state, (status) => ({ ...status, instances: replaceByName(status.instances, event.data) }));
    case "instance.gone":
      return withStatus(state, (status) => ({
        ...status,
        instances: status.instances.filter((instance) => instance.name !== event.data.name),
      }));
    case "run":
      return applyRun(withToldRun(state, event.data), withTold(event.data, state.runDetails.get(event.data.id)));
    case "run.change":
      return applyRunChange(withToldRun(state, event.data), event.data);
    case "run.phases":
      return withDetails(state, event.data.run, (run) => withMorePhases(run, event.data));
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

function withoutNode(status: Status, name: string): Status {
  return {
    ...status,
    nodes: status.nodes.filter((node) => node.name !== name),
    instances: status.instances.filter(({ node }) => node !== name),
  };
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
  const newer = { told: state.toldRuns.get(run.id), toldBefore: asked.toldRuns.get(run.id) };
  return applyRun(state, withAnswer(run, state.runDetails.get(run.id), newer));
}

/** The list of GET /api/runs; `asked` as above. */
export function applyRunList(state: FleetState, asked: FleetState, runs: readonly RunSummary[]): FleetState {
  const news = runs.filter((run) => !wasTold(state, asked, run));
  return { ...state, runs: mergeRuns(state.runs ?? [], news) };
}

function wasTold(state: FleetState, asked: FleetState, { id }: RunSummary): boolean {
  return state.toldRuns.get(id) !== asked.toldRuns.get(id);
}

function withToldRun(state: FleetState, run: RunChange): FleetState {
  return { ...state, toldRuns: new Map(state.toldRuns).set(run.id, withChange(state.toldRuns.get(run.id), run)) };
}

/** Of a run whose steps are not known yet only the list has it. */
function applyRunChange(state: FleetState, change: RunChange): FleetState {
  const { steps: _steps, ...summary } = change;
  const listed = { ...state, runs: mergeRuns(state.runs ?? [], [summary]) };
  return withDetails(listed, change.id, (run) => withRunChange(run, change));
}

function withDetails(state: FleetState, id: number, change: (run: Run) => Run): FleetState {
  const run = state.runDetails.get(id);
  return run === undefined ? state : { ...state, runDetails: new Map(state.runDetails).set(id, change(run)) };
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
