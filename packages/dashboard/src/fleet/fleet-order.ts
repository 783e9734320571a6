/** In which order the overview shows nodes and instances. Pure. */
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { orders } from "@berth/shared/metrics/order";
import { instancePath, nodePath } from "../routes/route.ts";
import type { Attention } from "./attention.ts";

/** The first is what the page begins with. */
export const fleetOrders = ["attention", ...orders] as const;
export type FleetOrder = (typeof fleetOrders)[number];

/** Rows that stay together. */
export interface Section {
  key: string;
  /** The node whose instances these are; undefined: they are of several, and each says of which. */
  of: NodeStatus | undefined;
  nodes: readonly NodeStatus[];
  instances: readonly InstanceStatus[];
  /** How many of the node's instances are shown above, since they need attention. */
  above: number;
}

export type Weigh = (row: NodeStatus | InstanceStatus) => number;

/** The fleet's own order: each node with its instances. */
export function sectionsByNode(nodes: readonly NodeStatus[], instances: readonly InstanceStatus[]): Section[] {
  const byNode = Map.groupBy(instances, ({ node }) => node);
  return nodes.map((node) => ({
    ...{ key: `node/${node.name}`, of: node, nodes: [node], above: 0 },
    instances: byNode.get(node.name) ?? [],
  }));
}

/**
 * What needs attention first, then the rest in the fleet's order. A node with a problem takes its instances along:
 * nobody can see how they are. Of the others, only the instances themselves move up.
 */
export function sectionsByAttention(
  nodes: readonly NodeStatus[],
  instances: readonly InstanceStatus[],
  items: readonly Attention[],
): Section[] {
  const severities = new Map<string, Attention["severity"]>();
  for (const { href, severity } of items) if (severities.get(href) !== "problem") severities.set(href, severity);
  const rank = (href: string): number => ["problem", "warning", undefined].indexOf(severities.get(href));
  const rankOfNode = ({ of }: Section): number => rank(nodePath(of?.name ?? ""));
  const groups = sectionsByNode(nodes, instances);
  const broken = groups.filter((group) => rankOfNode(group) === 0);
  const others = groups.filter((group) => rankOfNode(group) > 0);
  const needing = others
    .flatMap((group) => group.instances)
    .filter(({ name }) => severities.has(instancePath(name)))
    .toSorted((a, b) => rank(instancePath(a.name)) - rank(instancePath(b.name)));
  const lifted = new Set(needing);
  const rest = others.toSorted((a, b) => rankOfNode(a) - rankOfNode(b)).map((group) => without(group, lifted));
  return [...broken, ...(needing.length === 0 ? [] : [mixed("attention", [], needing)]), ...rest];
}

/** All instances of all nodes, then the nodes, the highest first. */
export function sectionsByWeight(
  nodes: readonly NodeStatus[],
  instances: readonly InstanceStatus[],
  weigh: Weigh,
): Section[] {
  return [mixed("instances", [], heaviestFirst(instances, weigh)), mixed("nodes", heaviestFirst(nodes, weigh), [])];
}

function mixed(key: string, nodes: readonly NodeStatus[], instances: readonly InstanceStatus[]): Section {
  return { key, of: undefined, nodes, instances, above: 0 };
}

function without(group: Section, lifted: ReadonlySet<InstanceStatus>): Section {
  const instances = group.instances.filter((instance) => !lifted.has(instance));
  return { ...group, instances, above: group.instances.length - instances.length };
}

function heaviestFirst<Row extends NodeStatus | InstanceStatus>(rows: readonly Row[], weigh: Weigh): Row[] {
  return rows.toSorted((one, other) => weigh(other) - weigh(one));
}
