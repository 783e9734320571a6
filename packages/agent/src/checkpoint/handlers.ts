/** The operations of this room, and what other rooms' operations do about checkpoints. */
import type { OperationContext, OperationHandlers } from "../operations/context.ts";
import { throughOutages } from "../operations/outage.ts";
import { createCheckpoint } from "./create.ts";
import type { CheckpointDependencies } from "./dependencies.ts";
import { removeCheckpoint } from "./remove.ts";
import { finishRestore, restoreCheckpoint } from "./restore.ts";

type Perform<Input, Result> = (
  dependencies: CheckpointDependencies,
  input: Input,
  context: OperationContext,
) => Promise<Result>;

export function checkpointHandlers(
  dependencies: CheckpointDependencies,
): Pick<OperationHandlers, "checkpoint.create" | "checkpoint.restore" | "checkpoint.remove"> {
  function handler<Input, Result>(perform: Perform<Input, Result>) {
    return (input: Input, context: OperationContext): Promise<Result> =>
      throughOutages(dependencies.engine, context, () => perform(dependencies, input, context));
  }
  return {
    "checkpoint.create": handler(createCheckpoint),
    "checkpoint.restore": handler(restoreCheckpoint),
    "checkpoint.remove": handler(removeCheckpoint),
  };
}

/** What starts an instance never finds its volumes half put back. */
export function onWholeVolumes<Input, Result>(
  dependencies: CheckpointDependencies,
  instanceOf: (input: Input) => string,
  handler: (input: Input, context: OperationContext) => Promise<Result>,
): (input: Input, context: OperationContext) => Promise<Result> {
  return async (input, context) => {
    await throughOutages(dependencies.engine, context, () => finishRestore(dependencies, instanceOf(input)));
    return handler(input, context);
  };
}
