import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired, Suspension } from "./desired.ts";
import { operationId } from "./identify.ts";
import type { Observed } from "./observed.ts";

/**
 * Instances on the fleet's nodes that nothing asks for: removed under `prune`, otherwise told. Those that are suspended
 * are taken down as the fleet says. Volumes and what is in the stores stay.
 */
export function planRemovals(
  desired: Desired,
  observed: Observed,
  prune: boolean,
): { operations: PlannedOperation<"instance.remove">[]; warnings: string[] } {
  const wanted = new Set(desired.instances.map(({ spec }) => `${spec.node}/${spec.instance}`));
  const extra = [...observed.nodes].flatMap(([node, { instances }]) =>
    instances === "unseen"
      ? []
      : [...instances.keys()].filter((name) => !wanted.has(`${node}/${name}`)).map((instance) => ({ node, instance })),
  );
  const isSuspended = ({ instance }: { instance: string }) => desired.suspended.has(instance);
  const removed = prune ? extra : extra.filter(isSuspended);
  const warnings = extra
    .filter((candidate) => !removed.includes(candidate))
    .map(
      ({ node, instance }) =>
        `instance '${instance}' runs on node '${node}' though nothing asks for it; --prune removes it`,
    );
  const operations = removed.map(({ node, instance }) => ({
    id: operationId("instance.remove", node, instance),
    kind: "instance.remove" as const,
    change: "remove" as const,
    node,
    target: instance,
    reason: removalReason(desired.suspended.get(instance)),
    after: [operationId("agent.ensure", node)],
    input: { node, instance, volumes: false },
  }));
  return { operations, warnings };
}

function removalReason(suspension: Suspension | undefined): string {
  if (suspension === undefined) return "nothing asks for it; its volumes and databases are kept";
  return `${suspension.withTenant ? "its tenant" : "it"} is suspended; what it holds is kept`;
}
