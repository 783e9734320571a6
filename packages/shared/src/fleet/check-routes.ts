/** Whether each route has a name of its own that can be one. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import type { Finding } from "./check.ts";
import { type Placement, placements } from "./instances.ts";
import { routeHost } from "./routes.ts";
import type { Fleet } from "./schema.ts";

/** Of a label and of a whole name, in DNS. */
const longestLabel = 63;
const longestName = 253;

export function checkRoutes(fleet: Fleet, catalog: Catalog): Finding[] {
  const { pattern } = fleet.routes;
  const tenants = Object.keys(fleet.tenants);
  if (tenants.length > 1 && !pattern.includes("{tenant}")) {
    const message = `'${pattern}' gives the same names to tenants '${tenants[0]}' and '${tenants[1]}'; it needs {tenant}`;
    return [{ path: ["routes", "pattern"], message }];
  }
  const holders = new Map<string, Placement>();
  return placements(fleet, catalog).flatMap((placement): Finding[] => {
    const { service, tenant, path } = placement;
    if (service.route === undefined) return [];
    const host = routeHost(fleet, tenant, service.name);
    const holder = holders.get(host);
    // One route leads to a service and all its replicas.
    if (holder !== undefined && holder.service === service && holder.tenant === tenant) return [];
    holders.set(host, placement);
    if (holder !== undefined)
      return [{ path, message: `its route '${host}' is that of '${holder.instance}'`, at: "key" }];
    if (isName(host)) return [];
    return [{ path, message: `the name of its route, '${host}', is longer than names in DNS may be`, at: "key" }];
  });
}

function isName(host: string): boolean {
  return host.length <= longestName && host.split(".").every((label) => label.length <= longestLabel);
}
