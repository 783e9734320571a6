/** What the run that is going on has yet to bring about: not done yet is no alarm. Pure. */
import type { Run } from "@berth/shared/api/runs";
import type { InstanceStatus, NodeStatus, Status } from "@berth/shared/api/status";
import type { InstanceState, NodeState } from "@berth/shared/protocol/state";
import { formatCount } from "../format/count.ts";

export interface PendingWork {
  /** null: no run is going on. */
  run: number | null;
  /** Those whose LXC or agent a step has yet to see to. */
  nodes: ReadonlySet<string>;
  /** Those that a step of their own has yet to see to. */
  instances: ReadonlySet<string>;
}

export const noPendingWork: PendingWork = { run: null, nodes: new Set(), instances: new Set() };

/** The targets of the steps that have not ended. */
export function pendingWork(run: Run | undefined): PendingWork {
  if (run?.state !== "running") return noPendingWork;
  const unfinished = run.steps.filter((step) => step.state === "waiting" || step.state === "running");
  const targets = (kinds: RegExp) => new Set(unfinished.filter(({ kind }) => kinds.test(kind)).map((s) => s.target));
  return { run: run.id, nodes: targets(/^(lxc|agent)\./), instances: targets(/^instance\./) };
}

/** Whether the run explains that the instance is not as it should be. A node's steps do not explain what is unhealthy. */
export function isPendingInstance(pending: PendingWork, { name, node, state }: InstanceStatus): boolean {
  return pending.instances.has(name) || (pending.nodes.has(node) && state !== "unhealthy");
}

/** The state to show of an instance: one that is yet to be made is pending. */
export function shownInstanceState(pending: PendingWork, instance: InstanceStatus): InstanceState | "pending" {
  const { state } = instance;
  return (state === "missing" || state === "unknown") && isPendingInstance(pending, instance) ? "pending" : state;
}

/** The state to show of a node: one that is yet to be made is pending. */
export function shownNodeState(pending: PendingWork, { name, state }: NodeStatus): NodeState | "pending" {
  return state === "absent" && pending.nodes.has(name) ? "pending" : state;
}

/** "Run 1 is at work on 2 nodes and 6 instances."; undefined when nothing is amiss that it works on. */
export function pendingSentence(status: Status, pending: PendingWork): string | undefined {
  const nodes = status.nodes.filter(({ name, state }) => state !== "online" && pending.nodes.has(name)).length;
  const instances = status.instances.filter(
    (instance) => instance.state !== "healthy" && isPendingInstance(pending, instance),
  ).length;
  const parts = [
    ...(nodes === 0 ? [] : [formatCount(nodes, "node")]),
    ...(instances === 0 ? [] : [formatCount(instances, "instance")]),
  ];
  return parts.length === 0 ? undefined : `Run ${pending.run} is at work on ${parts.join(" and ")}.`;
}
