/** What each node lets in and out, derived from the fleet. Pure. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { hostPorts, placements, type Placement } from "@berth/shared/fleet/instances";
import { serverOf } from "@berth/shared/fleet/needs";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { FirewallRule, FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import { hashOf } from "./hash.ts";

/** Ports of a Proxmox VE host and of the controller that no instance has business with: SSH, portmapper, API, SPICE. */
const administrationPorts = [22, 111, 3128, 8006, 8420];

/**
 * How many connections a tenant's node may have at a time to one shared service. To PostgreSQL, each takes one of the
 * server's slots before anybody has logged in, where the limits of roles do not see it yet: room for a tenant's three
 * instances with the 20 of each role, while several tenants gone bad leave slots of the catalog's 400.
 */
const databaseConnections = 64;
/** To others, each takes no more than a file descriptor, of which a container has 1024 or more. */
const otherConnections = 256;

export function desiredFirewalls(fleet: Fleet, catalog: Catalog): FirewallSpec[] {
  const placed = placements(fleet, catalog);
  return Object.keys(fleet.nodes).map((node) => {
    const rules = fleet.firewall.enabled ? nodeRules(fleet, placed, node) : { inbound: [], outbound: [] };
    return { node, ...rules, hash: hashOf(rules) };
  });
}

function nodeRules(
  fleet: Fleet,
  placed: readonly Placement[],
  node: string,
): Pick<FirewallSpec, "inbound" | "outbound"> {
  const isTenants = Object.values(fleet.tenants).some((tenant) => tenant.node === node);
  return isTenants ? tenantRules(fleet, placed, node) : sharedRules(fleet, placed, node);
}

/**
 * A tenant's node: open to people and the router at its services' ports, to the rest of the fleet at none but those of
 * shared services that it may hold besides.
 */
function tenantRules(fleet: Fleet, placed: readonly Placement[], node: string) {
  const others = otherAddresses(fleet, node);
  const ports = portsOn(placed, node);
  const own = portsOn(
    placed.filter(({ tenant }) => tenant !== null),
    node,
  );
  return {
    inbound: [
      ...rule([fleet.controller.address], null, "accept"),
      ...rule(routerAddresses(fleet), [...own, ...routedPorts(placed, node)], "accept"),
      ...sharedAccess(fleet, placed, node),
      ...backupAccess(fleet, node),
      ...rule(others, null, "drop"),
      ...rule(fleet.firewall.clients, own, "accept"),
      ...rule(null, ports, "drop"),
    ],
    outbound: [
      ...towardsShared(fleet, placed, node),
      ...rule(others, null, "drop"),
      ...rule(administrationAddresses(fleet), [...administrationPorts, fleet.controller.port], "drop"),
    ],
  };
}

/** A node of shared services alone. */
function sharedRules(fleet: Fleet, placed: readonly Placement[], node: string) {
  const { tenants } = neighbours(fleet, node);
  return {
    inbound: [
      ...rule([fleet.controller.address], null, "accept"),
      ...rule(routerAddresses(fleet), routedPorts(placed, node), "accept"),
      ...sharedAccess(fleet, placed, node),
      ...backupAccess(fleet, node),
      ...rule(otherAddresses(fleet, node), null, "drop"),
      ...rule(null, portsOn(placed, node), "drop"),
    ],
    outbound: [...towardsShared(fleet, placed, node), ...rule(tenants, null, "drop")],
  };
}

/** Each tenant reaches the ports of a node's shared services that are for tenants, nodes without a tenant all of them. */
function sharedAccess(fleet: Fleet, placed: readonly Placement[], node: string): FirewallRule[] {
  const shared = placed.filter(({ tenant }) => tenant === null);
  const { tenants, peers } = neighbours(fleet, node);
  return [
    ...connectionLimits(tenants, placed, node),
    ...rule(tenants, tenantPorts(placed, node), "accept"),
    ...rule(peers, portsOn(shared, node), "accept"),
  ];
}

/** Other nodes bring their backups to one that is the target; what goes out of their containers does not get there. */
function backupAccess(fleet: Fleet, node: string): FirewallRule[] {
  const target = fleet.backups?.target;
  if (target === undefined || !("sftp" in target) || target.sftp.host !== addressOf(fleet, node)) return [];
  return rule(otherAddresses(fleet, node), [target.sftp.port], "accept");
}

/** The shared services that are for tenants, on whichever other nodes they are. */
function towardsShared(fleet: Fleet, placed: readonly Placement[], node: string): FirewallRule[] {
  return sharedNodes(fleet)
    .filter((name) => name !== node)
    .flatMap((name) => rule([addressOf(fleet, name)], tenantPorts(placed, name), "accept"));
}

/** Addresses of the other nodes, of those with a tenant and of those without. */
function neighbours(fleet: Fleet, node: string): { tenants: string[]; peers: string[] } {
  const tenantNodes = new Set(Object.values(fleet.tenants).map((tenant) => tenant.node));
  const others = Object.keys(fleet.nodes).filter((name) => name !== node);
  const { true: tenants = [], false: peers = [] } = Object.groupBy(others, (name) =>
    tenantNodes.has(name) ? "true" : "false",
  );
  return { tenants: tenants.map((name) => addressOf(fleet, name)), peers: peers.map((name) => addressOf(fleet, name)) };
}

function rule(
  networks: string[] | null,
  ports: readonly number[] | null,
  verdict: FirewallRule["verdict"],
): FirewallRule[] {
  if (networks?.length === 0 || ports?.length === 0) return [];
  return [{ networks, ports: ports === null ? null : [...new Set(ports)].toSorted((a, b) => a - b), verdict }];
}

/** What one tenant's address opens beyond its share is dropped; each service counts by itself. */
function connectionLimits(tenants: string[], placed: readonly Placement[], node: string): FirewallRule[] {
  return openToTenants(placed, node).flatMap((placement) => {
    const isDatabase = placement.service.ports.some(({ name }) => name === "postgres");
    const connections = isDatabase ? databaseConnections : otherConnections;
    return rule(tenants, portsOf([placement]), "drop").map((limit) => ({ ...limit, connections }));
  });
}

function portsOn(placed: readonly Placement[], node: string): number[] {
  return portsOf(placed.filter((placement) => placement.node === node));
}

function portsOf(placed: readonly Placement[]): number[] {
  return placed.flatMap(({ service, overrides }) => hostPorts(service, overrides).map(({ host }) => host));
}

function tenantPorts(placed: readonly Placement[], node: string): number[] {
  return portsOf(openToTenants(placed, node));
}

/**
 * A node's shared services that tenants may open: those with a route, and those that a service of tenants needs or uses.
 * What only shared services work with (Redis, ClickHouse) is none of theirs.
 */
function openToTenants(placed: readonly Placement[], node: string): Placement[] {
  const used = new Set(
    placed
      .filter(({ tenant }) => tenant !== null)
      .flatMap(({ service }) => [
        ...service.needs.map(serverOf),
        ...service.uses.flatMap((use) => [use.service, ...use.needs.map(serverOf)]),
      ]),
  );
  return placed.filter(
    ({ service, tenant, node: on }) =>
      on === node && tenant === null && (service.route !== undefined || used.has(service.name)),
  );
}

function routedPorts(placed: readonly Placement[], node: string): number[] {
  return placed
    .filter((placement) => placement.node === node && placement.service.route !== undefined)
    .flatMap(({ service, overrides }) => {
      const index = service.ports.findIndex(({ name }) => name === service.route?.port);
      const port = hostPorts({ ...service, parts: [] }, overrides)[index];
      return port === undefined ? [] : [port.host];
    });
}

function sharedNodes(fleet: Fleet): string[] {
  return [...new Set(Object.values(fleet.services.shared).map(({ node }) => node))];
}

function addressOf(fleet: Fleet, node: string): string {
  return fleet.nodes[node]?.address ?? "0.0.0.0";
}

function otherAddresses(fleet: Fleet, node: string): string[] {
  return Object.entries(fleet.nodes)
    .filter(([name]) => name !== node)
    .map(([, { address }]) => address);
}

function routerAddresses({ routes }: Fleet): string[] {
  return routes.router === undefined ? [] : [routes.router.address];
}

/** Where the fleet is administered; a name instead of an address is not looked up here. */
function administrationAddresses({ controller, proxmox }: Fleet): string[] {
  const hosts = [controller.address, ...Object.values(proxmox).map(({ host }) => host)];
  return [...new Set(hosts)].filter((host) => /^[0-9.]+$/.test(host));
}
