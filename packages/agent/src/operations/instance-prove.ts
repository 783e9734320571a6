/** instance.prove: a version that the instance keeps only when it stays healthy for a while. */
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { Engine } from "../docker/engine.ts";
import type { DesiredState } from "../journal/desired-state.ts";
import type { Journal } from "../journal/journal.ts";
import type { OperationContext, OperationHandler } from "./context.ts";
import { type EnsureOptions, ensureInstance } from "./instance-ensure.ts";
import { freeingKeptPorts } from "./kept-port.ts";
import { throughOutages } from "./outage.ts";
import { runningContainers, stopInReverse } from "./pause-instance.ts";

export interface ProveDependencies {
  engine: Engine;
  journal: Pick<Journal, "desired" | "held" | "transaction">;
  standbys?: EnsureOptions["standbys"];
  /** What failed has stopped: before anything is written down, since it may have filled the disk. */
  onFailed: (instance: string) => Promise<void>;
}

export function instanceProve(dependencies: ProveDependencies): OperationHandler<"instance.prove"> {
  const { desired, held } = dependencies.journal;
  return async (input, context) => {
    const { instance } = input.spec;
    // Held all along where nothing is to run after a failure: also when the agent cannot say any more that it failed.
    if (input.onFailure === "stopped") held.hold(instance);
    else held.release(instance);
    try {
      const result = await prove(dependencies, input, context);
      dependencies.journal.transaction(() => {
        // Another attempt at it may have gone back since this one was accepted.
        desired.set(input.spec);
        desired.prove(instance);
        held.release(instance);
      });
      return result;
    } catch (error) {
      if (input.onFailure === "stopped") await stopAll(dependencies, instance, context);
      goBack(desired, instance);
      throw error;
    }
  };
}

/** A journal that takes nothing more must not hide why the version failed. */
function goBack(desired: DesiredState, instance: string): void {
  try {
    desired.revert(instance);
  } catch {
    // What is written down next says so, and the node is held to what was proven in any case.
  }
}

async function prove(
  { engine, standbys }: ProveDependencies,
  { spec, minHealthySeconds, onFailure }: OperationInput<"instance.prove">,
  context: OperationContext,
): Promise<OperationResult<"instance.prove">> {
  const options = {
    waitForHealth: true,
    minHealthySeconds,
    onFailure,
    ...(standbys === undefined ? {} : { standbys }),
  };
  const { containerIds, healthyAt, answered } = await throughOutages(engine, context, () =>
    freeingKeptPorts(engine, spec, context, () => ensureInstance(engine, spec, context, options)),
  );
  return { containerIds, healthyAt, ...(answered ? { answered } : {}) };
}

/** Whatever it failed of, and where; also when the operation was aborted. */
async function stopAll(
  { engine, journal: { desired }, onFailed }: ProveDependencies,
  instance: string,
  { progress, phase }: OperationContext,
): Promise<void> {
  const signal = new AbortController().signal;
  try {
    await stopInReverse(engine, await runningContainers({ engine, desired }, instance), { signal, progress, phase });
    await onFailed(instance);
  } catch (failure) {
    // It is held: the agent stops it once Docker is back.
    const reason = failure instanceof Error ? failure.message : String(failure);
    progress({ line: `${instance} could not be stopped yet: ${reason}` });
  }
}
