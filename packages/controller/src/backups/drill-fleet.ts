/**
 * The fleet of a drill: one subject, and the stores that its data go to, which are reached by their containers' names and
 * at their own ports. What else it is connected to is not in that fleet, so the instance runs without it. Pure.
 */
import type { Catalog, Service } from "@berth/shared/catalog/schema";
import { serverOf } from "@berth/shared/fleet/needs";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import { instanceName } from "@berth/shared/names";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { containerSpecs } from "../plan/containers.ts";
import { placementNeeds } from "../plan/desired-needs.ts";
import { hashOf } from "../plan/hash.ts";

export interface DrillSubject {
  subject: string;
  /** Service of the instance; null: the subject is a tenant with its buckets. */
  service: string | null;
  /** null: shared. */
  tenant: string | null;
  node: string;
  /** That the data are of; null: nobody knows, the present one. */
  version: string | null;
}

export interface DrillContext {
  fleet: Fleet;
  /** With the fleet's own services. */
  catalog: Catalog;
  registryMirror: string | null;
  controllerCa: string;
  secretVersion: (name: string) => number;
}

export interface DrillFleet {
  fleet: Fleet;
  catalog: Catalog;
  /** In start order. */
  stores: InstanceSpec[];
  /** null: of buckets. */
  service: InstanceSpec | null;
}

export function drillFleet(subject: DrillSubject, context: DrillContext): DrillFleet {
  const stores = storesOf(subject, context);
  const reduced = {
    ...context,
    fleet: reducedFleet(subject, stores, context.fleet),
    catalog: atOwnPorts(context.catalog),
  };
  const all = placements(reduced.fleet, reduced.catalog);
  const specOf = (instance: string) => {
    const placement = all.find((candidate) => candidate.instance === instance);
    return placement === undefined ? [] : [instanceSpec(placement, subject.node, reduced)];
  };
  const service = subject.service === null ? undefined : specOf(subject.subject)[0];
  return {
    fleet: reduced.fleet,
    catalog: reduced.catalog,
    stores: stores.map((store) => instanceName(null, store)).flatMap(specOf),
    service: service ?? null,
  };
}

/** Shared services that hold what the subject needs, and what these need; the innermost first. */
function storesOf({ service, subject }: DrillSubject, { fleet, catalog }: DrillContext): string[] {
  if (service === null) return [serverOf({ kind: "buckets", buckets: [] })].filter(isShared);
  const found: string[] = [];
  const visit = (name: string, isStore: boolean): void => {
    const visited = catalog.get(name);
    if (visited === undefined || found.includes(name)) return;
    for (const server of serversOf(visited)) if (isShared(server)) visit(server, true);
    if (isStore && instanceName(null, name) !== subject) found.push(name);
  };
  visit(service, false);
  return found;

  function isShared(name: string): boolean {
    return name in fleet.services.shared;
  }
}

/** A use without needs keeps no data elsewhere. */
function serversOf({ needs, uses }: Service): string[] {
  return [...needs, ...uses.flatMap((use) => use.needs)].map(serverOf);
}

function reducedFleet(drilled: DrillSubject, stores: readonly string[], fleet: Fleet): Fleet {
  const { service, tenant } = drilled;
  const common = service === null ? undefined : fleet.services.tenant[service];
  const isTenants = tenant !== null && service !== null && common !== undefined;
  return {
    ...fleet,
    catalog: {},
    nodes: { ...fleet.nodes, ...Object.fromEntries(stores.map((store) => [storeNode(store), nodeOf(store)])) },
    services: { shared: sharedServices(drilled, stores, fleet), tenant: isTenants ? { [service]: common } : {} },
    tenants: tenant === null ? {} : tenantOf(tenant, drilled, fleet),
  };
}

function sharedServices(
  { subject, version }: DrillSubject,
  stores: readonly string[],
  { services }: Fleet,
): Fleet["services"]["shared"] {
  const kept = Object.entries(services.shared).flatMap(([name, placed]) => {
    if (stores.includes(name)) {
      const { hostPort: _, ...store } = placed;
      return [[name, { ...store, node: storeNode(name) }] as const];
    }
    if (instanceName(null, name) !== subject) return [];
    return [[name, { ...placed, ...(version === null ? {} : { version }) }] as const];
  });
  return Object.fromEntries(kept);
}

function tenantOf(name: string, { service, version }: DrillSubject, { tenants }: Fleet): Fleet["tenants"] {
  const tenant = tenants[name];
  if (tenant === undefined) return {};
  if (service === null) return { [name]: { ...tenant, services: {} } };
  const own = tenant.services[service];
  const overrides = own === undefined || own === false ? { env: {} } : own;
  return { [name]: { ...tenant, services: { [service]: { ...overrides, ...(version === null ? {} : { version }) } } } };
}

function storeNode(store: string): string {
  return `berth-drill-${store}`;
}

/** Its containers are reached by the main one's name. */
function nodeOf(store: string): Fleet["nodes"][string] {
  return { address: instanceName(null, store) };
}

/** Without Docker's translation of ports in between. */
function atOwnPorts(catalog: Catalog): Catalog {
  return new Map(
    [...catalog].map(([name, service]) => [
      name,
      { ...service, ports: service.ports.map((port) => ({ ...port, host: port.container })) },
    ]),
  );
}

function instanceSpec(placement: Placement, node: string, context: DrillContext): InstanceSpec {
  // Nobody's key: what is drilled talks to nobody outside.
  const versions = { secretVersion: context.secretVersion, givenSecret: () => null };
  const needs = placementNeeds(context.fleet, placement, versions);
  const body = {
    instance: placement.instance,
    service: placement.service.name,
    version: placement.overrides.version ?? placement.service.version,
    tenant: placement.tenant,
    node,
    containers: containerSpecs({ ...context, ...versions, placement, needs }),
  };
  return { ...body, hash: hashOf(body) };
}
