import type { FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import type { Change, PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "./desired.ts";
import { operationId } from "./identify.ts";
import { nodesToJoin } from "./nodes.ts";
import { unseenNode, type Observed, type ObservedNode } from "./observed.ts";

/** Firewalls that are not as the fleet says, each once its node's agent is there. A node that is to be joined by hand has none yet. */
export function planFirewalls(
  { firewalls, nodes }: Pick<Desired, "firewalls" | "nodes">,
  observed: Observed,
  planned: readonly PlannedOperation[],
): PlannedOperation<"firewall.ensure">[] {
  const rebuilt = new Set(planned.filter(({ change }) => change === "create").map(({ node }) => node));
  const unjoined = new Set(nodesToJoin(nodes, observed));
  return firewalls.flatMap((input) => {
    const { node } = input;
    if (unjoined.has(node)) return [];
    const needed = firewallChange(input, rebuilt.has(node) ? undefined : (observed.nodes.get(node) ?? unseenNode));
    if (needed === undefined) return [];
    return [
      {
        id: operationId("firewall.ensure", node),
        kind: "firewall.ensure",
        ...needed,
        node,
        target: node,
        after: [operationId("agent.ensure", node)],
        input,
      },
    ];
  });
}

/** undefined for `seen`: the node is made anew. */
function firewallChange(
  { inbound, outbound, hash }: FirewallSpec,
  seen: ObservedNode | undefined,
): { change: Change; reason: string } | undefined {
  const isEmpty = inbound.length === 0 && outbound.length === 0;
  if (seen === undefined) return isEmpty ? undefined : { change: "create", reason: "new node" };
  if (seen.firewall === "unseen") return isEmpty ? undefined : { change: "repair", reason: "cannot be seen" };
  if (seen.firewall === null) return isEmpty ? undefined : { change: "create", reason: "no rules are in force" };
  if (isEmpty) return { change: "remove", reason: "the fleet asks for none" };
  return seen.firewall === hash ? undefined : { change: "update", reason: "other rules are in force" };
}
