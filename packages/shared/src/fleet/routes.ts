/** Names and addresses of routes. Pure. */
import type { Service } from "../catalog/schema.ts";
import { hostPorts, type Placement } from "./instances.ts";
import type { Fleet, Overrides } from "./schema.ts";

/** Host name of an instance's route: test-user1-n8n.valuechainhackers.xyz, test-qdrant.valuechainhackers.xyz. */
export function routeHost({ routes, domain }: Fleet, tenant: string | null, service: string): string {
  const label =
    tenant === null
      ? routes.pattern.replaceAll(/\{tenant\}-|-?\{tenant\}/g, "")
      : routes.pattern.replaceAll("{tenant}", tenant);
  return `${label.replaceAll("{service}", service)}.${domain}`;
}

/** Host port that the route of an instance leads to; undefined for a service without a route. */
export function routePort(service: Service, overrides: Overrides): number | undefined {
  const index = service.ports.findIndex(({ name }) => name === service.route?.port);
  return index === -1 ? undefined : hostPorts(service, overrides)[index]?.host;
}

/** Whether somebody takes the routes: without a router, their names lead nowhere. */
export function hasRouter({ routes }: Fleet): boolean {
  return routes.router !== undefined || routes.directory !== undefined;
}

/**
 * Where people open an instance: https://test-user1-n8n.valuechainhackers.xyz. In a fleet without a router it is the
 * instance's own address, http://10.0.6.11:5678; of a service without a route, its first port there.
 */
export function routeUrl(
  fleet: Fleet,
  { tenant, service, node, overrides }: Pick<Placement, "tenant" | "service" | "node" | "overrides">,
): string {
  if (hasRouter(fleet)) return namedUrl(fleet, routeHost(fleet, tenant, service.name));
  const address = fleet.nodes[node]?.address ?? node;
  return `http://${address}:${routePort(service, overrides) ?? hostPorts(service, overrides)[0]?.host ?? 80}`;
}

/** The URL of a name at the fleet's router. A router that only reads files is taken for one with TLS on its usual port. */
function namedUrl({ routes: { router } }: Fleet, host: string): string {
  const scheme = router?.tls === false ? "http" : "https";
  const usualPort = scheme === "https" ? 443 : 80;
  const port = router?.port ?? usualPort;
  return `${scheme}://${host}${port === usualPort ? "" : `:${port}`}`;
}
