/** instance.ensure: the instance runs exactly as specified, and healthy. Killed at any instant, the next attempt converges. */
import { BerthError } from "@berth/shared/errors";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import { networkName, networkOf } from "../docker/container-options.ts";
import type { ContainerDetails, ContainerSummary, Engine } from "../docker/engine.ts";
import { labels } from "../docker/labels.ts";
import type { DesiredState } from "../journal/desired-state.ts";
import type { OperationContext, OperationHandler } from "./context.ts";
import { mostRestartsOfSuccessor, waitUntilHealthy } from "./health-gate.ts";
import { relapseError, unhealthyError } from "./health.ts";
import { freeingKeptPorts } from "./kept-port.ts";
import { type ContainerCheck, checkInstance, type ImageIds } from "./instance-check.ts";
import { checkDigests } from "./digests.ts";
import { planLeftovers } from "./leftovers.ts";
import { logTail } from "./log-tail.ts";
import { isOutage, throughOutages } from "./outage.ts";
import { checkPorts } from "./ports.ts";
import { redactor } from "./redact.ts";
import type { Standbys } from "../standby/standbys.ts";
import { stayHealthy } from "./stay-healthy.ts";
import { hasHadItsTime, restartIfStuck } from "./stuck.ts";
import { type Exchange, prepareReplacements, removeFormer, type Replacement, rollBack, swap } from "./replacement.ts";

/** It ran a moment ago. */
const formerMilliseconds = 30_000;

export interface EnsureResult {
  changed: boolean;
  containerIds: string[];
  /** When what was waited for was healthy first; ISO 8601. */
  healthyAt: string;
  /** A standby answered until then. */
  answered: boolean;
}

export interface EnsureOptions {
  /** Wait for health although nothing is replaced. Mending does not: the health watch follows it anyway. */
  waitForHealth: boolean;
  /** How long it must stay healthy before the former containers go; not at all unless told. */
  minHealthySeconds?: number;
  /** Has another container answer meanwhile, where two may run side by side. */
  standbys?: Pick<Standbys, "raise" | "lower" | "answersFor">;
  /** What is left when that fails: the former containers running again, unless told, or nothing that runs. */
  onFailure?: "former" | "stopped";
}

export function instanceEnsure(
  engine: Engine,
  desired: DesiredState,
  standbys?: EnsureOptions["standbys"],
): OperationHandler<"instance.ensure"> {
  return async (spec, context) => {
    const options = { waitForHealth: true, ...(standbys === undefined ? {} : { standbys }) };
    try {
      const { changed, containerIds } = await throughOutages(engine, context, () =>
        freeingKeptPorts(engine, spec, context, () => ensureInstance(engine, spec, context, options)),
      );
      // Another attempt at it may have gone back since this one was accepted.
      desired.set(spec);
      desired.prove(spec.instance);
      return { changed, containerIds };
    } catch (error) {
      desired.revert(spec.instance);
      throw error;
    }
  };
}

/** Checks and applies; see EnsureOptions for the difference between an operation and mending. */
export async function ensureInstance(
  engine: Engine,
  spec: InstanceSpec,
  context: OperationContext,
  options: EnsureOptions,
): Promise<EnsureResult> {
  const [containers, images] = await Promise.all([engine.listContainers(), presentImages(engine, spec)]);
  const { checks, underWay, retired, cleaned } = await lookAt(engine, spec, containers, images);
  await validate(engine, spec, containers, checks, images, context);
  try {
    await options.standbys?.raise(spec, checks, context);
    return await carryOut(engine, spec, { checks, underWay, retired, cleaned }, context, options);
  } finally {
    await options.standbys?.lower(spec);
  }
}

async function carryOut(
  engine: Engine,
  spec: InstanceSpec,
  { checks, underWay, retired, cleaned }: Sight,
  context: OperationContext,
  options: EnsureOptions,
): Promise<EnsureResult> {
  const { losses } = engine.presence;
  const { phase } = context;
  const made = await phase("create", spec.instance, () => prepareReplacements(engine, spec, checks));
  const exchange = { replacements: [...underWay, ...made], retired, added: [] };
  const isExchange = exchange.replacements.length > 0 || retired.length > 0;
  let containerIds: string[];
  let healthyAt: string;
  let answered: boolean;
  try {
    context.signal.throwIfAborted();
    await phase("stop", spec.instance, () => swap(engine, exchange));
    containerIds = await bringUp(engine, spec, checks, exchange, context, options);
    healthyAt = new Date().toISOString();
    answered = options.standbys?.answersFor(spec.instance) ?? false;
    await options.standbys?.lower(spec);
    await passProbation(engine, spec, containerIds, isExchange, context, options);
  } catch (error) {
    // An outage is no verdict on the new containers: the next attempt carries on with them.
    const isOver = context.signal.aborted || !(await isOutage(engine, losses));
    if (isExchange && isOver) {
      context.progress({ line: `${spec.instance}: putting the former containers back` });
      await phase("go back", spec.instance, async () => {
        await rollBack(engine, exchange, { start: options.onFailure !== "stopped" });
        if (options.standbys?.answersFor(spec.instance) === true) await formerHealthy(engine, exchange);
      });
    }
    throw error;
  }
  await phase("remove", spec.instance, () => removeFormer(engine, exchange));
  const changed = cleaned || isExchange || checks.some(({ repair }) => repair !== "none");
  return { changed, containerIds, healthyAt, answered };
}

interface Sight {
  checks: ContainerCheck[];
  /** Updates that an earlier attempt did not finish. */
  underWay: Replacement[];
  /** Ids of containers that the specification no longer has. */
  retired: string[];
  /** Something an earlier attempt left behind was cleared away. */
  cleaned: boolean;
}

async function lookAt(
  engine: Engine,
  spec: InstanceSpec,
  containers: readonly ContainerSummary[],
  images: ImageIds,
): Promise<Sight> {
  const own = containers.filter((container) => container.labels[labels.instance] === spec.instance);
  refuseForeign(spec, containers);
  const { steps, previous, retired } = planLeftovers(spec, own);
  for (const step of steps) {
    if (step.kind === "remove") await engine.removeContainer(step.id);
    else await engine.renameContainer(step.id, step.to);
  }
  const removed = new Set(steps.filter(({ kind }) => kind === "remove").map(({ id }) => id));
  const formers = new Set(previous.values());
  const ids = own.map(({ id }) => id).filter((id) => !removed.has(id) && !formers.has(id));
  const details = await Promise.all(ids.map(async (id) => engine.inspectContainer(id)));
  const present = details.filter((container): container is ContainerDetails => container !== null);
  const checks = checkInstance(spec, present, images);
  const underWay = checks.flatMap(({ spec: container, current }): Replacement[] => {
    const formerId = previous.get(container.name);
    if (formerId === undefined || current === null) return [];
    return [{ container, formerId, nextId: current.id, swapped: true }];
  });
  return { checks, underWay, retired: retired.map(({ id }) => id), cleaned: steps.length > 0 };
}

/** A container that bears one of our names without our label is somebody's: say so, touch nothing. */
function refuseForeign(spec: InstanceSpec, containers: readonly ContainerSummary[]): void {
  for (const { name } of spec.containers) {
    const holder = containers.find((container) => container.name === name);
    if (holder !== undefined && holder.labels[labels.instance] !== spec.instance) {
      throw new BerthError("conflict", `The node has a container ${name} that Berth did not make.`, {
        hint: `Rename or remove it (docker rm ${name}), then try again.`,
      });
    }
  }
}

async function presentImages(engine: Engine, spec: InstanceSpec): Promise<Map<string, string>> {
  const references = [...new Set(spec.containers.map(({ image }) => image))];
  const ids = await Promise.all(
    references.map(async (reference) => [reference, await engine.imageId(reference)] as const),
  );
  return new Map(ids.filter((entry): entry is readonly [string, string] => entry[1] !== null));
}

/** Everything that can be known to fail is known before anything that runs is touched. */
async function validate(
  engine: Engine,
  spec: InstanceSpec,
  containers: readonly ContainerSummary[],
  checks: readonly ContainerCheck[],
  images: ImageIds,
  { signal, progress, phase }: OperationContext,
): Promise<void> {
  const making = checks.filter(({ repair }) => repair === "create" || repair === "replace");
  if (making.length === 0) return;
  for (const reference of new Set(making.map(({ spec: container }) => container.image))) {
    if (images.has(reference)) continue;
    progress({ line: `pulling ${reference}` });
    await phase("pull", reference, () => engine.pullImage(reference, progress, signal));
  }
  await checkDigests(
    engine,
    making.map(({ spec: container }) => container),
  );
  await checkPorts(spec, containers);
  if (networkOf(spec) === networkName) await engine.ensureNetwork(networkName);
}

/** Starts what must start, in the order of the specification, each behind the health of the one before. */
async function bringUp(
  engine: Engine,
  spec: InstanceSpec,
  checks: readonly ContainerCheck[],
  exchange: Exchange & { added: string[] },
  context: OperationContext,
  options: EnsureOptions,
): Promise<string[]> {
  const isExchange = exchange.replacements.length > 0 || exchange.retired.length > 0;
  const ids: string[] = [];
  for (const check of checks) {
    const replacement = exchange.replacements.find(({ container }) => container.name === check.spec.name);
    let id = replacement?.nextId ?? check.current?.id;
    if (id === undefined) {
      const { name } = check.spec;
      id = await context.phase("create", name, () => engine.createContainer(spec, check.spec, name));
      exchange.added.push(id);
    }
    ids.push(id);
    await applyRepair(engine, check, id, context);
    if (options.waitForHealth && check.repair === "none" && !isExchange && isOld(check)) {
      await restartIfStuck(engine, check.spec, id, context);
    }
    if (options.waitForHealth || isExchange) await passGate(engine, spec, check.spec, id, isExchange, context, options);
  }
  return ids;
}

function isOld({ spec, current }: ContainerCheck): boolean {
  return current !== null && hasHadItsTime(spec, current);
}

async function applyRepair(
  engine: Engine,
  check: ContainerCheck,
  id: string,
  { progress, phase }: OperationContext,
): Promise<void> {
  const { spec: container, differences } = check;
  if (differences.some(({ repair: kind }) => kind === "update") && check.repair !== "replace") {
    await engine.updateContainer(id, { memoryBytes: container.memoryBytes, cpus: container.cpus });
  }
  switch (check.repair) {
    case "none":
    case "update":
      return;
    case "unpause":
      return engine.unpauseContainer(id);
    case "start":
    case "replace":
    case "create":
      progress({ line: `starting ${container.name}` });
      return phase("start", container.name, () => engine.startContainer(id));
  }
}

async function passGate(
  engine: Engine,
  spec: InstanceSpec,
  container: ContainerSpec,
  id: string,
  hasFormer: boolean,
  { signal, progress, phase }: OperationContext,
  options: EnsureOptions,
): Promise<void> {
  const gate = {
    signal,
    successes: hasFormer ? container.health.failures : 1,
    ...(hasFormer ? { mostRestarts: mostRestartsOfSuccessor } : {}),
    onWaiting: (waiting: string) => progress({ line: `${container.name}: waiting for health: ${waiting}` }),
  };
  const reason = await phase("wait until healthy", container.name, () => waitUntilHealthy(engine, container, id, gate));
  if (reason === null) return;
  const log = await logTail(engine, id, redactor(spec));
  throw unhealthyError(spec.instance, reason, log, fateOf(hasFormer, options));
}

/** A standby answers meanwhile, also after a cancellation. How it ends is for the health watch to tell. */
async function formerHealthy(engine: Engine, { replacements }: Exchange): Promise<void> {
  const signal = AbortSignal.timeout(formerMilliseconds);
  const gate = { signal, successes: 1, onWaiting: () => undefined };
  try {
    for (const { container, formerId } of replacements) await waitUntilHealthy(engine, container, formerId, gate);
  } catch {
    // What the exchange failed of is what is told.
  }
}

/** With the former containers still there, whatever becomes of the new ones. */
async function passProbation(
  engine: Engine,
  spec: InstanceSpec,
  ids: readonly string[],
  hasFormer: boolean,
  context: OperationContext,
  options: EnsureOptions,
): Promise<void> {
  const watch = () => stayHealthy(engine, spec, ids, options.minHealthySeconds ?? 0, context);
  const relapse = await context.phase("probation", spec.instance, watch);
  if (relapse === null) return;
  const log = await logTail(engine, relapse.id, redactor(spec));
  throw relapseError(relapse.container.name, relapse.reason, log, fateOf(hasFormer, options));
}

function fateOf(hasFormer: boolean, { onFailure }: EnsureOptions): string {
  if (onFailure === "stopped") return "It is stopped.";
  return hasFormer ? "The former containers run again." : "It is left as it is, to be looked at.";
}
