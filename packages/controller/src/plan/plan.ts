/** Desired x observed -> the operations between them. Pure: no clock, no network, no database. */
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "./desired.ts";
import { planDatabases } from "./databases.ts";
import { planInstances } from "./instances.ts";
import { disksTooLarge, nodesToJoin, planNodes } from "./nodes.ts";
import { isUnseen, type Observed, unseenNode } from "./observed.ts";
import { planRemovals } from "./removals.ts";

export interface FleetPlan {
  operations: PlannedOperation[];
  warnings: string[];
}

/** `prune`: also remove instances that run on the fleet's nodes and that nothing asks for. */
export function planFleet(desired: Desired, observed: Observed, { prune = false } = {}): FleetPlan {
  const nodes = planNodes(desired.nodes, observed);
  const instances = planInstances(desired.instances, observed, nodes);
  const databases = planDatabases(desired.instances, observed, instances);
  const removals = planRemovals(desired, observed, prune);
  const operations = [...nodes, ...instances, ...databases, ...removals.operations];
  return {
    operations: linkPresent(operations),
    warnings: [
      ...observed.warnings,
      ...nodesToJoin(desired.nodes, observed),
      ...unseenNodes(desired, observed),
      ...disksTooLarge(desired.nodes, observed),
      ...removals.warnings,
    ],
  };
}

/** Nodes that should run something and cannot be looked at: what the plan says of them is what is known before. */
function unseenNodes({ nodes, instances }: Desired, observed: Observed): string[] {
  return nodes
    .filter(({ name }) => instances.some(({ spec }) => spec.node === name))
    .filter(({ name }) => isUnseen(observed.nodes.get(name) ?? unseenNode))
    .map(
      ({ name }) =>
        `node '${name}' cannot be seen: what is there is looked at when its turn comes, and kept if it is right`,
    );
}

/** Dependencies on what is not planned are met already. */
function linkPresent(operations: PlannedOperation[]): PlannedOperation[] {
  const ids = new Set(operations.map((operation) => operation.id));
  return operations.map((operation) => ({ ...operation, after: operation.after.filter((id) => ids.has(id)) }));
}
