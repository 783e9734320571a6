/** Checking repositories, and removing from them what is no longer kept. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "../plan/desired.ts";
import { operationId } from "../plan/identify.ts";
import { planImages, uniqueOperations } from "./plan-images.ts";
import { repositoryOf, type RepositoryContext } from "./repository.ts";

export function planChecks(nodes: ReadonlyMap<string, string>, context: RepositoryContext): PlannedOperation[] {
  const operations = [...nodes].flatMap(([owner, node]): PlannedOperation[] => {
    const repository = repositoryOf(owner, context);
    const images = planImages(node, repository);
    const check: PlannedOperation<"repository.check"> = {
      id: operationId("repository.check", owner),
      kind: "repository.check",
      change: "verify",
      node,
      target: owner,
      reason: "all that its repository holds is read",
      after: images.map(({ id }) => id),
      input: { node, repository },
    };
    return [...images, check];
  });
  return uniqueOperations(operations);
}

/** `after`: what must have succeeded before anything is removed. */
export function planPrunes(
  expendable: readonly Backup[],
  nodes: ReadonlyMap<string, string>,
  context: RepositoryContext,
  after: readonly string[] = [],
): PlannedOperation[] {
  const operations = [...Map.groupBy(expendable, ({ owner }) => owner)].flatMap(([owner, backups]) => {
    const node = nodes.get(owner);
    if (node === undefined) return [];
    const repository = repositoryOf(owner, context);
    const images = planImages(node, repository);
    const prune: PlannedOperation<"repository.prune"> = {
      id: operationId("repository.prune", owner),
      kind: "repository.prune",
      change: "prune",
      node,
      target: owner,
      reason: `${backups.length} of them ${backups.length === 1 ? "is" : "are"} no longer kept`,
      after: [...images.map(({ id }) => id), ...after],
      input: { node, repository, backups: backups.map(({ id }) => id) },
    };
    return [...images, prune];
  });
  return uniqueOperations(operations);
}

/**
 * The node that reads an owner's repository: its own, or a node of the shared services for one that is gone. Never
 * another tenant's, which would learn its password. undefined: there is none.
 */
export function repositoryNode(
  owner: string,
  fleet: Fleet,
  { instances }: Pick<Desired, "instances">,
): string | undefined {
  const own = fleet.tenants[owner]?.node ?? instances.find(({ spec }) => spec.instance === owner)?.spec.node;
  return own ?? Object.values(fleet.services.shared)[0]?.node;
}
