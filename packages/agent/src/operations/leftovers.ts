/**
 * What an attempt that was killed left behind, and how to get back to a state that the next attempt can start from; and
 * what the specification no longer has.
 */
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { ContainerSummary } from "../docker/engine.ts";
import { isMadeTo } from "../docker/fingerprint.ts";
import { nextSuffix, previousSuffix } from "./instance-check.ts";

export type LeftoverStep =
  | { kind: "remove"; id: string; name: string }
  | { kind: "rename"; id: string; name: string; to: string };

/** The container that ran before the one that now bears its name, kept until that one is healthy. */
export interface Leftovers {
  steps: LeftoverStep[];
  /** By container name: the id of its predecessor, to which a failing update goes back. */
  previous: ReadonlyMap<string, string>;
  /** Parts that are no longer wanted. They go when all others are healthy, and run again if these are not. */
  retired: ContainerSummary[];
}

/**
 * Only containers with the instance's label count. Those made but not started are removed: making one is cheap, and one
 * that an engine was starting as it was killed cannot be started by the next engine ("id already in use"). A
 * predecessor beside a container that is made as wanted is an update under way: it goes on. Beside any other container,
 * or alone, the predecessor is what last worked, and gets its name back.
 */
export function planLeftovers(spec: InstanceSpec, containers: readonly ContainerSummary[]): Leftovers {
  const steps: LeftoverStep[] = [];
  const previous = new Map<string, string>();
  const wanted = new Map(spec.containers.map((container) => [container.name, container]));
  const names = new Set(wanted.keys());
  const present = containers.filter(({ name, state }) => !(names.has(name) && state === "created"));
  const named = new Map(present.map((container) => [container.name, container]));
  for (const { id, name } of containers) {
    if (name.endsWith(nextSuffix)) steps.push({ kind: "remove", id, name });
    else if (name.endsWith(previousSuffix)) continue;
    else if (!named.has(name)) steps.push({ kind: "remove", id, name });
  }
  for (const [name, container] of wanted) {
    const former = named.get(`${name}${previousSuffix}`);
    if (former === undefined) continue;
    const current = named.get(name);
    if (current !== undefined && isMadeTo(spec, container, current.labels)) {
      previous.set(name, former.id);
      continue;
    }
    if (current !== undefined) steps.push({ kind: "remove", id: current.id, name });
    steps.push({ kind: "rename", id: former.id, name: former.name, to: name });
  }
  for (const { id, name } of containers) {
    if (name.endsWith(previousSuffix) && !names.has(name.slice(0, -previousSuffix.length))) {
      steps.push({ kind: "remove", id, name });
    }
  }
  const isSpare = (name: string): boolean => name.endsWith(nextSuffix) || name.endsWith(previousSuffix);
  const retired = containers.filter(({ name }) => !names.has(name) && !isSpare(name));
  return { steps, previous, retired };
}
