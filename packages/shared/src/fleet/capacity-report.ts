/** All that is to be said of a fleet's capacity, of what is known of its nodes and hosts. Pure. */
import type { Capacity } from "../api/capacity.ts";
import type { Catalog } from "../catalog/schema.ts";
import { capacityWarnings, nodeCapacities, type NodeFacts } from "./capacity.ts";
import { compareArchitectures } from "./compare-architectures.ts";
import { hostCapacity, type HostResources } from "./host-capacity.ts";
import type { Fleet } from "./schema.ts";

export interface KnownResources {
  /** What agents told of their hosts. */
  factsOf: (node: string) => NodeFacts | null;
  /** By Proxmox connection: what its host has, or why it did not say. One that is left out is not told of. */
  hosts: ReadonlyMap<string, HostResources | { reason: string }>;
}

const nothing: KnownResources = { factsOf: () => null, hosts: new Map() };

export function capacityReport(fleet: Fleet, builtIn: Catalog, { factsOf, hosts }: KnownResources = nothing): Capacity {
  const nodes = nodeCapacities(fleet, builtIn, factsOf);
  const report: Capacity = {
    fleet: fleet.fleet,
    nodes,
    hosts: [],
    unaskedHosts: [],
    comparison: compareArchitectures(fleet, nodes),
    warnings: capacityWarnings(fleet, builtIn, factsOf),
  };
  for (const [proxmox, connection] of Object.entries(fleet.proxmox)) {
    const host = hosts.get(proxmox);
    if (host === undefined) continue;
    if ("reason" in host) report.unaskedHosts.push({ proxmox, node: connection.node, reason: host.reason });
    else report.hosts.push(hostCapacity(fleet, proxmox, connection, host));
  }
  return report;
}
