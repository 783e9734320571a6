/** The operations of this room, over the node's Docker engine. */
import { BerthError } from "@berth/shared/errors";
import type { Engine } from "../docker/engine.ts";
import type { OperationHandlers } from "../operations/context.ts";

type BackupHandlers = Pick<
  OperationHandlers,
  "backup.create" | "backup.restore" | "repository.check" | "repository.prune"
>;

export function backupHandlers(_engine: Engine): BackupHandlers {
  const missing = () => Promise.reject(new BerthError("request.invalid", "This agent makes no backups yet."));
  return {
    "backup.create": missing,
    "backup.restore": missing,
    "repository.check": missing,
    "repository.prune": missing,
  };
}
