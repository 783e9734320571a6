import type { OperationKind } from "@berth/shared/operations/index";

/** Ids in a plan: the kind and what it acts on. An image is one per node. */
export function operationId(kind: OperationKind, ...target: string[]): string {
  return [kind, ...target].join("/");
}
