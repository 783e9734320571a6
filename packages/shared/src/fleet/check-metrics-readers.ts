/** Whether what reads the controller's metrics gets to the controller. Pure. */
import { readsMetrics } from "../catalog/placeholders.ts";
import type { Catalog } from "../catalog/schema.ts";
import type { Finding } from "./check.ts";
import { placements } from "./instances.ts";
import type { Fleet } from "./schema.ts";

/** The firewall keeps containers on a tenant's node from the controller, unless that is the node itself. */
export function checkMetricsReaders(fleet: Fleet, catalog: Catalog): Finding[] {
  if (!fleet.firewall.enabled) return [];
  const owners = new Map(Object.entries(fleet.tenants).map(([tenant, { node }]) => [node, tenant]));
  return placements(fleet, catalog).flatMap(({ service, node, path }): Finding[] => {
    const tenant = owners.get(node);
    const isControllers = fleet.nodes[node]?.address === fleet.controller.address;
    if (tenant === undefined || isControllers || !readsMetrics(service)) return [];
    const message = `'${node}' is the node of tenant '${tenant}', from which no container reaches the controller, and '${service.name}' reads its metrics; choose a node without a tenant`;
    return [{ path: [...path, "node"], message }];
  });
}
