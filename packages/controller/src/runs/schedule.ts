/** Which steps may start now: after what they need, within the limits, one at a time per resource. Pure. */
import type { StepRecord } from "../inventory/runs.ts";
import { dependentsOf } from "./graph.ts";
import { lockOf, parseInput } from "./operation-types.ts";

export interface Concurrency {
  /** Steps under way at the same time over all nodes. */
  total: number;
  /** Of these, on one node. */
  perNode: number;
  /** Of these, pulls of images on nodes of one host: they share its disk, and slow each other down. */
  pullsPerHost: number;
  /** Of these, starts of instances on nodes of one host: too many, and none is healthy in its time. */
  startsPerCore: number;
}

/** What nodes share. */
export interface Host {
  name: string;
  /** As many as the largest of its nodes has, at least. */
  cores: number;
}

/** By node. */
export type Hosts = ReadonlyMap<string, Host>;

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
  const perHost = new Count();
  let ready = open.filter(isReady).toSorted(byRank);

  function isReady(step: StepRecord): boolean {
    return step.after.every((id) => byId.get(id)?.state === "succeeded");
  }

  /** What the step takes of its host, and how many may do so at once; null: nothing that counts. */
  function workload({ kind, node }: StepRecord): { key: string; most: number } | null {
    const host = node === null ? undefined : hosts.get(node);
    if (host === undefined) return null;
    if (kind === "image.ensure") return { key: `pull ${host.name}`, most: limits.pullsPerHost };
    if (kind !== "instance.ensure" && kind !== "instance.restart") return null;
    return { key: `start ${host.name}`, most: Math.max(1, Math.floor(limits.startsPerCore * host.cores)) };
  }

  function hasRoom(step: StepRecord): boolean {
    const load = workload(step);
    return load === null || perHost.of(load.key) < load.most;
  }

  function fits(step: StepRecord): boolean {
    return (
      running.size < limits.total &&
      perNode.of(step.node) < limits.perNode &&
      hasRoom(step) &&
      !held.has(locks.get(step) ?? "")
    );
  }

  function occupy(step: StepRecord): void {
    running.add(step);
    held.add(locks.get(step) ?? "");
    perNode.add(step.node, 1);
    perHost.add(workload(step)?.key ?? null, 1);
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
      perHost.add(workload(step)?.key ?? null, -1);
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
