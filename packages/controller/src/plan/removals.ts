import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "./desired.ts";
import { operationId } from "./identify.ts";
import type { Observed } from "./observed.ts";

/**
 * Instances on the fleet's nodes that nothing asks for: removed under `prune`, otherwise told. Those of suspended tenants
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
    reason: desired.suspended.has(instance)
      ? "its tenant is suspended; what it holds is kept"
      : "nothing asks for it; its volumes and databases are kept",
    after: [operationId("agent.ensure", node)],
    input: { node, instance, volumes: false },
  }));
  return { operations, warnings };
}
