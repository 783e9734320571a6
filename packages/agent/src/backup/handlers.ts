/** The operations of this room, over the node's Docker engine. */
import type { Engine } from "../docker/engine.ts";
import type { ToolEngine } from "../docker/tools.ts";
import type { Journal } from "../journal/journal.ts";
import type { OperationContext, OperationHandlers } from "../operations/context.ts";
import { throughOutages } from "../operations/outage.ts";
import { createBackup } from "./create.ts";
import type { BackupDependencies } from "./dependencies.ts";
import { checkRepository, pruneRepository } from "./repository-operations.ts";
import { restoreBackup } from "./restore.ts";

type BackupHandlers = Pick<
  OperationHandlers,
  "backup.create" | "backup.restore" | "repository.check" | "repository.prune"
>;

type Perform<Input, Result> = (
  dependencies: BackupDependencies,
  input: Input,
  context: OperationContext,
) => Promise<Result>;

export function backupHandlers(
  engine: Engine,
  tools: ToolEngine,
  { desired, stopped, held, checkpoints }: Pick<Journal, "desired" | "stopped" | "held" | "checkpoints">,
): BackupHandlers {
  function handler<Input, Result>(perform: Perform<Input, Result>) {
    return async (input: Input, context: OperationContext): Promise<Result> => {
      const ensureImage = async (image: string, signal: AbortSignal): Promise<void> => {
        if ((await engine.imageId(image)) !== null) return;
        context.progress({ line: `pulling ${image}` });
        await context.phase("pull", image, () => engine.pullImage(image, context.progress, signal));
      };
      return throughOutages(engine, context, async () => {
        await tools.removeLeftovers();
        return perform({ engine, tools, desired, stopped, held, checkpoints, ensureImage }, input, context);
      });
    };
  }
  return {
    "backup.create": handler(createBackup),
    "backup.restore": handler(restoreBackup),
    "repository.check": handler(checkRepository),
    "repository.prune": handler(pruneRepository),
  };
}
