/** The design document's comparison for any fleet: each tenant with everything on one node, or what is heavy shared. Pure. */
import type { Comparison, NodeCapacity } from "../api/capacity.ts";
import type { Fleet } from "./schema.ts";

/**
 * Monolithic: each tenant has a node like the shared ones together, since it runs every shared service for itself.
 * Distributed: the shared nodes once, and each tenant's own. In the document 3 x 16 GB against 16 GB + 3 x 4 GB.
 * null: no tenants, no shared services, or a node's memory is not known.
 */
export function compareArchitectures(fleet: Fleet, nodes: readonly NodeCapacity[]): Comparison | null {
  const memory = new Map(nodes.map(({ name, memoryBytes }) => [name, memoryBytes]));
  const shared = new Set(Object.values(fleet.services.shared).map(({ node }) => node));
  // A node that is a tenant's and runs shared services counts once.
  const own = new Set(Object.values(fleet.tenants).flatMap(({ node }) => (shared.has(node) ? [] : [node])));
  const tenants = Object.keys(fleet.tenants).length;
  const sharedBytes = total(shared, memory);
  const tenantBytes = total(own, memory);
  if (tenants === 0 || shared.size === 0 || sharedBytes === null || tenantBytes === null) return null;
  const monolithicBytes = tenants * sharedBytes;
  const distributedBytes = sharedBytes + tenantBytes;
  const savedBytes = monolithicBytes - distributedBytes;
  const savedPercent = Math.round((100 * savedBytes) / monolithicBytes);
  return { tenants, sharedBytes, tenantBytes, monolithicBytes, distributedBytes, savedBytes, savedPercent };
}

function total(nodes: ReadonlySet<string>, memory: ReadonlyMap<string, number | null>): number | null {
  let bytes = 0;
  for (const node of nodes) {
    const known = memory.get(node) ?? null;
    if (known === null) return null;
    bytes += known;
  }
  return bytes;
}
