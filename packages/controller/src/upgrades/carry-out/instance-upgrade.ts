/**
 * Moves one instance to another version. How far it is stands in the inventory before anything of the next phase is done,
 * so that a controller that was killed goes on where it was.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import { now } from "../../inventory/columns.ts";
import {
  advanceUpgrade,
  beginUpgrade,
  hasFailed,
  instancesOfUpgrade,
  type UpgradeInstance,
  type UpgradeProgress,
} from "../../inventory/upgrades.ts";
import { ControllerStopping, type OperationHandler } from "../../runs/handlers.ts";
import type { UpgradeDependencies } from "./dependencies.ts";
import { lookThroughRoute } from "./look.ts";
import { createNodeWork, type NodeWork, type WorkContext } from "./node-work.ts";
import { eachDatabase, makeCheckpoint, putBack, removeCopies } from "./put-back.ts";
import { settleEarlier } from "./settle.ts";
import { isUnseen } from "./unseen.ts";
import { againCommand } from "./upgrade-again.ts";

/** How long a router may take to notice that the instance is there again. */
const routePatienceSeconds = 15;
const pauseMilliseconds = 1000;
/** Of the copies, while the instance is stopped: a store may be restarting. */
const copyTries = 3;

type Input = OperationInput<"instance.upgrade">;

export interface Move {
  row: UpgradeInstance;
  context: WorkContext & { input: Input };
  work: NodeWork;
  dependencies: UpgradeDependencies;
}

/** What a phase leads to. */
type Step = UpgradeProgress & Required<Pick<UpgradeProgress, "phase">>;

export function createInstanceUpgradeHandler(dependencies: UpgradeDependencies): OperationHandler<"instance.upgrade"> {
  return async (context) => {
    const { input, operationId } = context;
    const { spec, former, upgrade, checkpoint } = input;
    const { database } = dependencies.inventory;
    if (await isPassedBy(input, dependencies)) {
      context.log(`too many instances went back: ${spec.instance} is not moved`);
      return { outcome: "passed-by", reason: null, gapMilliseconds: 0 };
    }
    const row = await beginUpgrade(database, {
      upgrade,
      instance: spec.instance,
      operation: operationId,
      node: spec.node,
      service: spec.service,
      fromVersion: former.version,
      toVersion: spec.version,
      checkpoint,
    });
    const move: Move = { row, context, work: createNodeWork(spec.node, context, dependencies), dependencies };
    await goThrough(move);
    return conclude(move);
  };
}

/** Of an upgrade that is to be rolled back by now, those whose turn has not come. */
async function isPassedBy(
  { upgrade, spec, maxFailures, onFailure }: Input,
  { inventory }: Pick<UpgradeDependencies, "inventory">,
): Promise<boolean> {
  if (onFailure === "stop") return false;
  const all = await instancesOfUpgrade(inventory.database, upgrade);
  return hasFailed(all, maxFailures) && !all.some(({ instance }) => instance === spec.instance);
}

/** From the phase that the instance is in to its end. */
export async function goThrough(move: Move): Promise<void> {
  const { row, context, work, dependencies } = move;
  for (let { phase } = row; phase !== "ended"; { phase } = row) {
    const isBegun = phase === "begun";
    work.leave.throwIfAborted();
    if (isBegun) context.signal.throwIfAborted();
    const step = await perform(move);
    // Nothing is stopped yet: whoever wants it to stop is heard once more.
    if (isBegun) context.signal.throwIfAborted();
    await advanceUpgrade(dependencies.inventory.database, row, step);
    Object.assign(row, step);
  }
}

function perform(move: Move): Promise<Step> {
  switch (move.row.phase) {
    case "begun":
      return prepare(move);
    case "checkpoint":
      return copy(move);
    case "trying":
      return tryOut(move);
    case "route":
      return look(move);
    case "recording":
      return record(move);
    case "putting-back":
      return restore(move);
    case "returning":
      return goBack(move);
    case "ended":
      throw new BerthError("internal", "An upgrade that has ended goes no further");
  }
}

/** Everything that can be known to fail while the former version still runs. */
async function prepare({ row, context, work, dependencies }: Move): Promise<Step> {
  const { input, log } = context;
  const { instance } = row;
  dependencies.resolve(input.spec);
  dependencies.resolve(input.former);
  await settleEarlier(input.spec, context, dependencies);
  await eachDatabase(row, work, { ...dependencies, log }, "check", dependencies.checkpoints.prepare);
  const options = { instance, patienceSeconds: 0, signal: work.leave, log };
  const routeBefore = await work.phase("look through route", instance, () => lookThroughRoute(options, dependencies));
  if (routeBefore !== null) log(`${routeBefore}: so it is before the upgrade already`);
  if (input.checkpoint !== null) return { phase: "checkpoint", routeBefore };
  return { phase: "trying", routeBefore, stoppedAt: now() };
}

async function copy(move: Move): Promise<Step> {
  const { row, context, work, dependencies } = move;
  const { log } = context;
  log(`stopping ${row.instance} ${row.fromVersion}, to copy what it holds`);
  const attempt = async (tries: number): Promise<Step> => {
    try {
      // A later try has to be another operation: the outcome of the first is kept.
      const { stoppedAt } = await makeCheckpoint(row, work, { ...dependencies, log }, `checkpoint ${tries}`);
      return { phase: "trying", stoppedAt: row.stoppedAt ?? stoppedAt };
    } catch (error) {
      const failure = failureOf(error);
      if (tries >= copyTries || !failure.retryable) return { phase: "returning", reason: reasonOf(failure, move) };
      log(`${failure.message}; trying again`);
      const milliseconds = (dependencies.pauseMilliseconds ?? pauseMilliseconds) * 2 ** (tries - 1);
      await sleep(milliseconds, undefined, { signal: work.leave }).catch(() => undefined);
      work.leave.throwIfAborted();
      return attempt(tries + 1);
    }
  };
  return attempt(1);
}

async function tryOut(move: Move): Promise<Step> {
  const { row, context, work, dependencies } = move;
  const { spec, minHealthySeconds, checkpoint } = context.input;
  context.log(`starting ${row.instance} ${row.toVersion}; it has to stay healthy for ${minHealthySeconds} s`);
  try {
    const { healthyAt, answered } = await work.dispatch("instance.prove", "prove", {
      node: row.node,
      spec: dependencies.resolve(spec),
      minHealthySeconds,
      onFailure: checkpoint === null ? "former" : "stopped",
    });
    return { phase: "route", healthyAt, ...(answered === true ? { stoppedAt: healthyAt } : {}) };
  } catch (error) {
    return backFrom(reasonOf(failureOf(error), move), move);
  }
}

async function look(move: Move): Promise<Step> {
  const { row, context, work, dependencies } = move;
  const { instance, routeBefore } = row;
  const { log } = context;
  const patienceSeconds = routePatienceSeconds;
  const options = { instance, patienceSeconds, signal: work.leave, log };
  const failure = await work.phase("look through route", instance, () => lookThroughRoute(options, dependencies));
  if (failure === null) return { phase: "recording" };
  if (routeBefore === null) return backFrom(dependencies.redact(failure), move);
  log(`${failure}: so it was before the upgrade, which is not held to be the reason`);
  return { phase: "recording" };
}

/** Where nothing was copied, there are no data to be put back. */
function backFrom(reason: string, { row, context }: Move): Step {
  context.log(`${row.toVersion} is taken back: ${reason}`);
  return { phase: row.checkpoint === null ? "returning" : "putting-back", reason };
}

async function record({ row, context, work, dependencies }: Move): Promise<Step> {
  const { input, log } = context;
  if (input.record) await dependencies.recordVersion(input.spec);
  log(`${row.instance} runs ${row.toVersion}`);
  if (input.onFailure === "stop") await removeCopies(row, work, { ...dependencies, log });
  return {
    phase: "ended",
    outcome: "upgraded",
    reason: null,
    endedAt: now(),
    gapMilliseconds: gapOf(row, row.healthyAt),
  };
}

async function restore(move: Move): Promise<Step> {
  const { row, context, work, dependencies } = move;
  const { log } = context;
  log(`putting back what ${row.instance} held before`);
  try {
    await putBack(row, work, { ...dependencies, log });
    return { phase: "returning" };
  } catch (error) {
    throw stuck(error, move, "It is stopped, and what it held before is in its checkpoint: that is put back first");
  }
}

async function goBack(move: Move): Promise<Step> {
  const { row, context, work, dependencies } = move;
  const { log } = context;
  log(`starting ${row.instance} ${row.fromVersion} again`);
  try {
    await work.dispatch("instance.ensure", "former", dependencies.resolve(context.input.former));
  } catch (error) {
    throw stuck(error, move, "What it holds is as it was before the upgrade");
  }
  const healthyAt = now();
  log(`${row.instance} runs ${row.fromVersion} again, and is healthy`);
  await removeCopies(row, work, { ...dependencies, log });
  return { phase: "ended", outcome: "went-back", healthyAt, endedAt: now(), gapMilliseconds: gapOf(row, healthyAt) };
}

/** The failure of the operation; throws what leaves open what became of it. */
function failureOf(error: unknown): BerthError {
  if (error instanceof ControllerStopping) throw error;
  const failure = toBerthError(error);
  if (isUnseen(failure)) throw failure;
  return failure;
}

function reasonOf({ message }: BerthError, { dependencies }: Move): string {
  return dependencies.redact(message);
}

/**
 * Neither version runs. The code of its cause says whether it is tried again by itself; without a hint of its own, the
 * run's says how it is carried on.
 */
function stuck(error: unknown, { row }: Move, state: string): unknown {
  if (error instanceof ControllerStopping) return error;
  const failure = toBerthError(error);
  const { instance, fromVersion, toVersion, reason } = row;
  const message =
    `${instance} did not get on with ${toVersion} (${reason}), and going back to ${fromVersion} did not come to its ` +
    `end: ${failure.message}. ${state}`;
  // That code stands for an instance that has gone back.
  return new BerthError(failure.code === "instance.unhealthy" ? "run.failed" : failure.code, message, { cause: error });
}

function gapOf({ stoppedAt }: Pick<UpgradeInstance, "stoppedAt">, healthyAt: string | null): number {
  if (stoppedAt === null || healthyAt === null) return 0;
  return Math.max(0, Date.parse(healthyAt) - Date.parse(stoppedAt));
}

async function conclude({ row, context, dependencies }: Move): Promise<OperationResult<"instance.upgrade">> {
  const { outcome, reason, gapMilliseconds, endedAt } = row;
  if (outcome === null) throw new BerthError("internal", `The upgrade of ${row.instance} ended without an outcome`);
  const result = { outcome, reason, gapMilliseconds: gapMilliseconds ?? 0 };
  if (outcome === "upgraded") return result;
  const { maxFailures, onFailure, upgrade } = context.input;
  // What comes after has to know of it, and is not reached by a run that stops here.
  if (onFailure === "rollback-all") return result;
  const all = await instancesOfUpgrade(dependencies.inventory.database, upgrade);
  const failures = all.filter((one) => one.outcome === "went-back" && (one.endedAt ?? "") <= (endedAt ?? ""));
  if (failures.length <= maxFailures) return result;
  throw wentBack(row, context.input.record);
}

/** Its code tells that the instance went back: the run is not carried on by itself, see `upgradeAgain`. */
function wentBack(
  { instance, service, fromVersion, toVersion, reason }: UpgradeInstance,
  isRecorded: boolean,
): BerthError {
  const message =
    `${instance} went back from ${service} ${toVersion}: ${reason}. ` +
    `It runs ${fromVersion} again and is healthy, with what it held before`;
  const again = `\`${againCommand({ service, version: toVersion })}\` tries again`;
  const hint =
    `See \`berth logs ${instance}\` and the release notes; ` +
    (isRecorded ? `${again}.` : `ask for ${fromVersion} in the fleet file, or ${again}.`);
  return new BerthError("instance.unhealthy", message, { hint });
}
