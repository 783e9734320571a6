import { formatSize } from "@berth/shared/fleet/units";
import type { OperationInput } from "@berth/shared/operations/index";
import type { Change, PlannedOperation } from "@berth/shared/operations/plan";
import type { DesiredNode } from "./desired.ts";
import { operationId } from "./identify.ts";
import { unseenNode, type Observed, type ObservedLxc, type ObservedNode } from "./observed.ts";

/** Names of nodes that only a person at the host can bring in. */
export function nodesToJoin(nodes: readonly DesiredNode[], observed: Observed): string[] {
  return nodes
    .filter(({ name, agent }) => agent === null && observed.nodes.get(name)?.agentOnline !== true)
    .map(({ name }) => name);
}

export function planNodes(nodes: readonly DesiredNode[], observed: Observed): PlannedOperation[] {
  return nodes.flatMap((node) => {
    const seen = observed.nodes.get(node.name) ?? unseenNode;
    const lxc = node.lxc === null ? [] : planLxc(node.lxc, seen);
    return [...lxc, ...planAgent(node, seen, lxc.length > 0)];
  });
}

type LxcInput = OperationInput<"lxc.ensure">;

function planLxc(lxc: LxcInput, seen: ObservedNode): PlannedOperation<"lxc.ensure">[] {
  const needed = lxcChange(lxc, seen);
  if (needed === undefined) return [];
  const id = operationId("lxc.ensure", lxc.node);
  return [{ id, kind: "lxc.ensure", node: lxc.node, target: lxc.node, after: [], input: lxc, ...needed }];
}

function lxcChange(lxc: LxcInput, seen: ObservedNode): { change: Change; reason: string } | undefined {
  // An agent that answers proves its LXC; without either there is no telling, and ensuring is safe.
  if (seen.lxc === "unseen") return seen.agentOnline ? undefined : { change: "repair", reason: "state unknown" };
  if (seen.lxc === null) return { change: "create", reason: "does not exist" };
  if (seen.lxc.status !== "running") return { change: "start", reason: `is ${seen.lxc.status}` };
  const differences = lxcDifferences(lxc, seen.lxc);
  return differences.length === 0 ? undefined : { change: "update", reason: differences.join(", ") };
}

/** A disk only grows: one larger than asked for is left alone, and told. */
function lxcDifferences(wanted: LxcInput, seen: ObservedLxc): string[] {
  const grows = seen.diskBytes !== null && seen.diskBytes < wanted.diskBytes;
  return [
    ...change("cores", seen.cores ?? "all", wanted.cores),
    ...change("memory", formatSize(seen.memoryBytes), formatSize(wanted.memoryBytes)),
    ...change("swap", formatSize(seen.swapBytes), formatSize(wanted.swapBytes)),
    ...(grows ? change("disk", formatSize(seen.diskBytes ?? 0), formatSize(wanted.diskBytes)) : []),
    ...change("address", seen.address ?? "none", wanted.address),
    ...change("features", seen.features.join(",") || "none", wanted.features.toSorted().join(",") || "none"),
  ];
}

function change(what: string, before: string | number, after: string | number): string[] {
  return before === after ? [] : [`${what} ${before} -> ${after}`];
}

/** Where the file asks for less disk than there is. */
export function disksTooLarge(nodes: readonly DesiredNode[], observed: Observed): string[] {
  return nodes.flatMap(({ name, lxc }) => {
    const seen = observed.nodes.get(name)?.lxc;
    if (lxc === null || seen === undefined || seen === "unseen" || seen === null) return [];
    if (seen.diskBytes === null || seen.diskBytes <= lxc.diskBytes) return [];
    return [
      `the disk of LXC '${name}' stays at ${formatSize(seen.diskBytes)}: it cannot shrink to ${formatSize(lxc.diskBytes)}`,
    ];
  });
}

function planAgent(node: DesiredNode, seen: ObservedNode, lxcPlanned: boolean): PlannedOperation<"agent.ensure">[] {
  if (node.agent === null || (seen.agentOnline && !(lxcPlanned && seen.lxc === null))) return [];
  const fresh = seen.lxc === null;
  return [
    {
      id: operationId("agent.ensure", node.name),
      kind: "agent.ensure",
      change: fresh ? "create" : "repair",
      node: node.name,
      target: node.name,
      reason: fresh ? "new node" : "agent is not connected",
      after: [operationId("lxc.ensure", node.name)],
      input: node.agent,
    },
  ];
}
