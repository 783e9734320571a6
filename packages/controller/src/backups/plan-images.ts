import type { BackupSource, Repository } from "@berth/shared/operations/backup-source";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { operationId } from "../plan/identify.ts";

/** Images that a node needs for its part in a backup; both are pulled once, and found there from then on. Pure. */
export function planImages(
  node: string,
  repository: Repository,
  sources: readonly BackupSource[] = [],
): PlannedOperation<"image.ensure">[] {
  const dumping = sources.flatMap((source) => (source.kind === "database" ? [source.image] : []));
  return [...new Set([repository.image, ...dumping])].map((image) => ({
    id: operationId("image.ensure", node, image),
    kind: "image.ensure",
    change: "create",
    node,
    target: image,
    reason: "backups are made with it",
    after: [],
    input: { node, image, registryCa: null },
  }));
}

/** Each operation once: images are shared by those that need them on one node. */
export function uniqueOperations(operations: readonly PlannedOperation[]): PlannedOperation[] {
  return [...new Map(operations.map((operation) => [operation.id, operation])).values()];
}
