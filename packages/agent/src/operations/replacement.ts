/**
 * Exchanging containers so that what ran is kept until its successor is healthy. At each instant the names say how far
 * it came (see leftovers.ts): `x` runs, `x.next` is made, `x` becomes `x.previous`, `x.next` becomes `x`.
 */
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Engine } from "../docker/engine.ts";
import { type ContainerCheck, nextSuffix, previousSuffix } from "./instance-check.ts";

export interface Replacement {
  container: ContainerSpec;
  formerId: string;
  nextId: string;
  /** The former one has given its name away. */
  swapped: boolean;
}

/** Makes the successors of all containers to be replaced; makes none of them when one cannot be made. */
export async function prepareReplacements(
  engine: Engine,
  spec: InstanceSpec,
  checks: readonly ContainerCheck[],
): Promise<Replacement[]> {
  const replacements: Replacement[] = [];
  try {
    for (const { spec: container, current, repair } of checks) {
      if (repair !== "replace" || current === null) continue;
      const nextId = await engine.createContainer(spec, container, `${container.name}${nextSuffix}`);
      replacements.push({ container, formerId: current.id, nextId, swapped: false });
    }
  } catch (error) {
    for (const { nextId } of replacements) await engine.removeContainer(nextId);
    throw error;
  }
  return replacements;
}

/** What an update changes; what it does not mention runs on. */
export interface Exchange {
  replacements: readonly Replacement[];
  /** Ids of parts that are no longer wanted, in no particular order. */
  retired: readonly string[];
  /** Ids of parts that were not there before, as they are made. */
  added: readonly string[];
}

/** Stops the former containers, last started first, and hands their names over. */
export async function swap(engine: Engine, { replacements, retired }: Exchange): Promise<void> {
  for (const id of retired) await engine.stopContainer(id, null);
  // Also those that have given their names away: an engine that was killed may have started them again.
  for (const { container, formerId } of replacements.toReversed()) {
    await engine.stopContainer(formerId, container.stopTimeoutSeconds);
  }
  const open = replacements.filter(({ swapped }) => !swapped);
  for (const replacement of open) {
    const { container, formerId, nextId } = replacement;
    await engine.renameContainer(formerId, `${container.name}${previousSuffix}`);
    replacement.swapped = true;
    await engine.renameContainer(nextId, container.name);
  }
}

/** Removes what is new, gives the former containers their names back and, unless told otherwise, starts them again. */
export async function rollBack(
  engine: Engine,
  { replacements, retired, added }: Exchange,
  { start }: { start: boolean } = { start: true },
): Promise<void> {
  for (const id of added.toReversed()) await engine.removeContainer(id);
  for (const { container, nextId } of replacements.toReversed()) {
    await engine.stopContainer(nextId, container.stopTimeoutSeconds);
    await engine.removeContainer(nextId);
  }
  for (const { container, formerId, swapped } of replacements) {
    if (swapped) await engine.renameContainer(formerId, container.name);
    if (start) await engine.startContainer(formerId);
  }
  for (const id of start ? retired : []) await engine.startContainer(id);
}

/** The successors are healthy: nobody needs the former ones any more. */
export async function removeFormer(engine: Engine, { replacements, retired }: Exchange): Promise<void> {
  for (const { formerId } of replacements) await engine.removeContainer(formerId);
  for (const id of retired) await engine.removeContainer(id);
}
