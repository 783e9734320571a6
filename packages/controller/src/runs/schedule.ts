/** Which steps may start now: after what they need, within the limits, one at a time per resource. Pure. */
import type { StepRecord } from "../inventory/runs.ts";
import { dependentsOf } from "./graph.ts";
import { lockOf, parseInput } from "./operation-types.ts";

export interface Concurrency {
  /** Steps under way at the same time over all nodes. */
  total: number;
  /** Of these, on one node. */
  perNode: number;
  /** Of these, pulls of images on nodes of one Proxmox VE host: they share its disk, and slow each other down. */
  pullsPerHost: number;
}

/** By node: the Proxmox connection that its LXC is made with. A node that is not in it is a host of its own. */
export type Hosts = ReadonlyMap<string, string>;

export interface Schedule {
  /** Takes the steps that may start now; each must be given back by `end`. */
  take: () => StepRecord[];
  /** The step no longer runs. Its state says whether what comes after it may start. */
  end: (step: StepRecord) => void;
  /** Every step that, directly or not, comes after this one. */
  dependents: (step: StepRecord) => StepRecord[];
  /** Whether nothing runs. */
  idle: () => boolean;
}

/** Steps found `running` were interrupted and are taken first, as if they waited. */
export function createSchedule(steps: readonly StepRecord[], limits: Concurrency, hosts: Hosts): Schedule {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const dependents = dependentsOf(steps);
  const open = steps.filter((step) => step.state === "waiting" || step.state === "running");
  const locks = new Map(open.map((step) => [step, lockOf(step.kind, step.node, parseInput(step.kind, step.input))]));
  const running = new Set<StepRecord>();
  const held = new Set<string>();
  const perNode = new Count();
  const pullsPerHost = new Count();
  let ready = open.filter(isReady).toSorted(byRank);

  function isReady(step: StepRecord): boolean {
    return step.after.every((id) => byId.get(id)?.state === "succeeded");
  }

  /** Where the step pulls an image; null when it does something else. */
  function pullingHost({ kind, node }: StepRecord): string | null {
    return kind === "image.ensure" && node !== null ? (hosts.get(node) ?? `node ${node}`) : null;
  }

  function fits(step: StepRecord): boolean {
    return (
      running.size < limits.total &&
      perNode.of(step.node) < limits.perNode &&
      pullsPerHost.of(pullingHost(step)) < limits.pullsPerHost &&
      !held.has(locks.get(step) ?? "")
    );
  }

  function occupy(step: StepRecord): void {
    running.add(step);
    held.add(locks.get(step) ?? "");
    perNode.add(step.node, 1);
    pullsPerHost.add(pullingHost(step), 1);
  }

  return {
    take() {
      const taken: StepRecord[] = [];
      ready = ready.filter((step) => {
        if (step.state !== "waiting" && step.state !== "running") return false;
        if (!fits(step)) return true;
        occupy(step);
        taken.push(step);
        return false;
      });
      return taken;
    },
    end(step) {
      running.delete(step);
      held.delete(locks.get(step) ?? "");
      perNode.add(step.node, -1);
      pullsPerHost.add(pullingHost(step), -1);
      if (step.state !== "succeeded") return;
      const freed = (dependents.get(step.id) ?? []).filter((next) => next.state === "waiting" && isReady(next));
      if (freed.length > 0) ready = [...ready, ...freed].toSorted(byRank);
    },
    dependents(step) {
      const found = new Set<StepRecord>();
      const queue = [...(dependents.get(step.id) ?? [])];
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        if (found.has(next)) continue;
        found.add(next);
        queue.push(...(dependents.get(next.id) ?? []));
      }
      return [...found];
    },
    idle: () => running.size === 0,
  };
}

/** How many there are of each; of null, which is nothing, none. */
class Count {
  readonly #counts = new Map<string, number>();

  of(key: string | null): number {
    return key === null ? 0 : (this.#counts.get(key) ?? 0);
  }

  add(key: string | null, difference: number): void {
    if (key !== null) this.#counts.set(key, this.of(key) + difference);
  }
}

/** Interrupted steps first, then as in the plan. */
function byRank(one: StepRecord, other: StepRecord): number {
  return Number(other.state === "running") - Number(one.state === "running") || one.position - other.position;
}
