import type { FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import type { Change, PlannedOperation } from "@berth/shared/operations/plan";
import { operationId } from "./identify.ts";
import { unseenNode, type Observed, type ObservedNode } from "./observed.ts";

/** Firewalls that are not as the fleet says, each once its node's agent is there. */
export function planFirewalls(
  firewalls: readonly FirewallSpec[],
  observed: Observed,
  nodes: readonly PlannedOperation[],
): PlannedOperation<"firewall.ensure">[] {
  const rebuilt = new Set(nodes.filter(({ change }) => change === "create").map(({ node }) => node));
  return firewalls.flatMap((input) => {
    const { node } = input;
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
