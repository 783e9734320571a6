/** Whether each route has a name of its own that can be one. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import type { Finding } from "./check.ts";
import { placements } from "./instances.ts";
import { routeHost } from "./routes.ts";
import type { Fleet } from "./schema.ts";

/** Of a label and of a whole name, in DNS. */
const longestLabel = 63;
const longestName = 253;

const patternPath = ["routes", "pattern"];

export function checkRoutes(fleet: Fleet, catalog: Catalog): Finding[] {
  const holders = new Map<string, string>();
  return placements(fleet, catalog).flatMap(({ instance, service, tenant, path }): Finding[] => {
    if (service.route === undefined) return [];
    const host = routeHost(fleet, tenant, service.name);
    const holder = holders.get(host);
    if (holder !== undefined) return [collision(fleet, { host, holder, instance, tenant, path })];
    holders.set(host, instance);
    return isName(host)
      ? []
      : [{ path, message: `the name of its route, '${host}', is longer than names in DNS may be`, at: "key" }];
  });
}

/** Told at the pattern when it is the pattern that makes all tenants' routes the same. */
function collision(
  { routes }: Fleet,
  route: { host: string; holder: string; instance: string; tenant: string | null; path: readonly string[] },
): Finding {
  if (route.tenant !== null && !routes.pattern.includes("{tenant}")) {
    const message = `'${routes.pattern}' needs {tenant}: with it as it is, '${route.host}' is the route of both '${route.holder}' and '${route.instance}'`;
    return { path: patternPath, message };
  }
  return { path: route.path, message: `its route '${route.host}' is that of '${route.holder}'`, at: "key" };
}

function isName(host: string): boolean {
  return host.length <= longestName && host.split(".").every((label) => label.length <= longestLabel);
}
