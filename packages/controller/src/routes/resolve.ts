/** The fleet's routes, and which of them may be published. Pure. */
import type { Route, RouteServer } from "@berth/shared/api/routes";
import type { Catalog, Service } from "@berth/shared/catalog/schema";
import { isSuspended, suspensionReason } from "@berth/shared/fleet/awake";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import { routeHost, routePort, routeUrl } from "@berth/shared/fleet/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { InstanceState } from "@berth/shared/protocol/state";

/** The state of an instance that counts for its route; `missing` for one that nobody knows. */
export type StateOf = (instance: string) => InstanceState;

/**
 * One route for each service with a route and whom it is for, however many instances are behind it; sorted by host.
 * `upgrading`: names of the instances that answered by their route, and are on their way to another version.
 */
export function resolveRoutes(
  fleet: Fleet,
  catalog: Catalog,
  stateOf: StateOf,
  upgrading: ReadonlySet<string> = new Set(),
): Route[] {
  const standingOf: StandingOf = (instance) => ({ state: stateOf(instance), upgrading: upgrading.has(instance) });
  const byHost = new Map<string, Placement[]>();
  for (const placement of placements(fleet, catalog)) {
    if (routePort(placement.service, placement.overrides) === undefined) continue;
    const host = routeHost(fleet, placement.tenant, placement.service.name);
    byHost.set(host, [...(byHost.get(host) ?? []), placement]);
  }
  return [...byHost]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([host, [first, ...others]]) =>
      first === undefined ? [] : [toRoute(fleet, host, [first, ...others], standingOf)],
    );
}

type StandingOf = (instance: string) => Pick<RouteServer, "state" | "upgrading">;

function toRoute(
  fleet: Fleet,
  host: string,
  behind: readonly [Placement, ...Placement[]],
  standingOf: StandingOf,
): Route {
  const [{ instance, service, tenant }] = behind;
  const servers = behind.flatMap((placement) => serverOf(fleet, placement, standingOf));
  const suspended = isSuspended(fleet, { tenant, service: service.name });
  const reason = suspended ? suspensionReason(fleet, { tenant, instance }) : unhealthyReason(servers);
  return {
    host,
    url: routeUrl(fleet, behind[0]),
    service: service.name,
    tenant,
    instance,
    servers,
    healthCheck: healthCheckOf(service),
    state: reason === null ? "published" : "withdrawn",
    reason,
    suspended,
  };
}

/**
 * Those to which the router may send. Where none is healthy, one that is upgraded stays: routers learn of changes every
 * few seconds only, so that taking it out and in again would make it answer later than it does.
 */
export function serving(servers: readonly RouteServer[]): RouteServer[] {
  const healthy = servers.filter(({ state }) => state === "healthy");
  return healthy.length > 0 ? healthy : servers.filter(({ upgrading }) => upgrading);
}

function serverOf(
  fleet: Fleet,
  { instance, node, service, overrides }: Placement,
  standingOf: StandingOf,
): RouteServer[] {
  const address = fleet.nodes[node]?.address;
  const port = routePort(service, overrides);
  if (address === undefined || port === undefined) return [];
  return [{ instance, node, address, port, ...standingOf(instance) }];
}

const descriptions = {
  healthy: "is healthy",
  unhealthy: "is unhealthy",
  starting: "is starting",
  stopped: "is stopped",
  missing: "is not there",
  unknown: "is out of sight: its node is offline",
} as const satisfies Record<InstanceState, string>;

/** null: at least one of them serves. */
function unhealthyReason(servers: readonly RouteServer[]): string | null {
  if (serving(servers).length > 0) return null;
  return servers.map(({ instance, state }) => `${instance} ${descriptions[state]}`).join(", ");
}

/** Only at the port that the route leads to: a router may open no other. */
function healthCheckOf({ health, ports, route }: Service): Route["healthCheck"] {
  const routed = ports.find(({ name }) => name === route?.port);
  if (health.http === undefined || health.http.port !== routed?.container) return null;
  return { path: health.http.path, timeoutSeconds: health.timeoutSeconds };
}
