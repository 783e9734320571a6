/** Desired x observed -> the operations between them. Pure: no clock, no network, no database. */
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "./desired.ts";
import { planFirewalls } from "./firewalls.ts";
import { planInstances } from "./instances.ts";
import { planNeeds } from "./needs.ts";
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
  const firewalls = planFirewalls(desired, observed, nodes);
  const needs = planNeeds(desired, observed, instances);
  const removals = planRemovals(desired, observed, prune);
  const operations = [...nodes, ...firewalls, ...instances, ...needs, ...removals.operations];
  return {
    operations: linkPresent(operations),
    warnings: [
      ...observed.warnings,
      ...nodesToJoin(desired.nodes, observed).map(
        (name) => `node '${name}' is not connected and has no SSH; run the line of \`berth node token ${name}\` on it`,
      ),
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

/** The operations that are chosen, with all that they come after. */
export function planPart(plan: FleetPlan, isChosen: (operation: PlannedOperation) => boolean): FleetPlan {
  const byId = new Map(plan.operations.map((operation) => [operation.id, operation]));
  const chosen = new Set<PlannedOperation>();
  const choose = (operation: PlannedOperation | undefined): void => {
    if (operation === undefined || chosen.has(operation)) return;
    chosen.add(operation);
    for (const id of operation.after) choose(byId.get(id));
  };
  for (const operation of plan.operations) if (isChosen(operation)) choose(operation);
  return { ...plan, operations: plan.operations.filter((operation) => chosen.has(operation)) };
}

/** The second come after every one of the first. */
export function startAfter(first: readonly PlannedOperation[], then: readonly PlannedOperation[]): PlannedOperation[] {
  const ids = first.map(({ id }) => id);
  return then.map((operation) => ({ ...operation, after: [...ids, ...operation.after] }));
}

/** Dependencies on what is not planned are met already. */
export function linkPresent(operations: PlannedOperation[]): PlannedOperation[] {
  const ids = new Set(operations.map((operation) => operation.id));
  return operations.map((operation) => ({ ...operation, after: operation.after.filter((id) => ids.has(id)) }));
}
