/** What removing a tenant takes away, as operations. Pure. */
import type { Catalog, Service } from "@berth/shared/catalog/schema";
import { awake } from "@berth/shared/fleet/awake";
import { removeFromFleet } from "@berth/shared/fleet/edit";
import { possibleNeeds, serverOf } from "@berth/shared/fleet/needs";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "../plan/desired.ts";
import type { DesiredNeed } from "../plan/desired-needs.ts";
import { operationId } from "../plan/identify.ts";

export interface TenantRemoval {
  /** The fleet file without the tenant; without its node, too, where that is an LXC that goes. */
  text: string;
  operations: PlannedOperation[];
}

export interface RemovedTenant {
  name: string;
  yaml: string;
  fleet: Fleet;
  /** What `withEveryService` of the fleet comes to. */
  desired: Desired;
  /** Whether the instance has secrets: those of one that was taken out of the fleet stay, as what it holds does. */
  hasSecrets: (instance: string) => boolean;
}

/**
 * The fleet with every tenant running all services of tenants that can be in it: so it names what one had before, too.
 * A service whose store the fleet has not could not be asked for.
 */
export function withEveryService(fleet: Fleet, catalog: Catalog): Fleet {
  const hasStores = (service: Service) =>
    possibleNeeds(fleet, service).every((need) => serverOf(need) in fleet.services.shared);
  const services = [...catalog.values()]
    .filter((service) => service.scope === "tenant" && hasStores(service))
    .map(({ name }) => name);
  const { services: placed, tenants } = awake(fleet);
  return {
    ...fleet,
    services: { ...placed, tenant: Object.fromEntries(services.map((name) => [name, { env: {} }])) },
    tenants: Object.fromEntries(Object.entries(tenants).map(([name, tenant]) => [name, { ...tenant, services: {} }])),
  };
}

export function planTenantRemoval(tenant: RemovedTenant, { keepData }: { keepData: boolean }): TenantRemoval {
  const { name, yaml, fleet, desired } = tenant;
  const node = fleet.tenants[name]?.node ?? name;
  const instances = instancesOf(tenant);
  const without = removeFromFleet(yaml, ["tenants", name]);
  if (keepData) return { text: without, operations: instanceRemovals(node, instances, false) };
  const proxmox = ownLxc(tenant, node);
  const taken = proxmox === undefined ? instanceRemovals(node, instances, true) : [lxcRemoval(node, proxmox)];
  const after = taken.map(({ id }) => id);
  const stores = storeRemovals(name, instances, desired.needs, after);
  const secrets: PlannedOperation<"secrets.remove"> = {
    id: operationId("secrets.remove", name),
    kind: "secrets.remove",
    change: "remove",
    node: null,
    target: name,
    reason: "its tenant is removed",
    after: [...after, ...stores.map(({ id }) => id)],
    input: { tenant: name, owners: [name, ...instances] },
  };
  return {
    text: proxmox === undefined ? without : removeFromFleet(without, ["nodes", node]),
    operations: [...taken, ...stores, secrets],
  };
}

/** Those that the fleet asks for, and those that it asked for before. */
function instancesOf({ name, fleet, desired, hasSecrets }: RemovedTenant): string[] {
  const left = fleet.tenants[name]?.services ?? {};
  return desired.instances
    .filter(({ spec }) => spec.tenant === name)
    .filter(
      ({ spec: { service, instance } }) =>
        (service in fleet.services.tenant && left[service] !== false) || hasSecrets(instance),
    )
    .map(({ spec }) => spec.instance);
}

/**
 * The Proxmox connection of the node if it goes with the tenant: an LXC, with all that is in it. A host that exists stays,
 * and so does an LXC that holds what is not the tenant's.
 */
function ownLxc({ name, fleet, desired }: RemovedTenant, node: string): string | undefined {
  const isShared = desired.instances.some(({ spec }) => spec.node === node && spec.tenant !== name);
  return isShared ? undefined : fleet.nodes[node]?.proxmox;
}

function instanceRemovals(node: string, instances: readonly string[], volumes: boolean): PlannedOperation[] {
  return instances.map((instance) => ({
    id: operationId("instance.remove", node, instance),
    kind: "instance.remove",
    change: "remove",
    node,
    target: instance,
    reason: volumes ? "its tenant is removed, its volumes go with it" : "its tenant is removed; its volumes are kept",
    after: [],
    input: { node, instance, volumes },
  }));
}

function lxcRemoval(node: string, proxmox: string): PlannedOperation {
  return {
    id: operationId("lxc.remove", node),
    kind: "lxc.remove",
    change: "remove",
    node,
    target: node,
    reason: "its tenant is removed, with all that is in it",
    after: [],
    input: { node, proxmox },
  };
}

function storeRemovals(
  tenant: string,
  instances: readonly string[],
  needs: readonly DesiredNeed[],
  after: string[],
): PlannedOperation[] {
  return needs.flatMap((need): PlannedOperation[] => {
    const common = {
      change: "remove" as const,
      node: null,
      target: need.target,
      reason: "its tenant is removed",
      after,
    };
    switch (need.kind) {
      case "database.ensure": {
        if (!instances.includes(need.input.instance)) return [];
        const { server, instance, database, role } = need.input;
        const kind = "database.remove";
        return [{ ...common, id: operationId(kind, need.target), kind, input: { server, instance, database, role } }];
      }
      case "collections.ensure": {
        if (!instances.includes(need.input.instance)) return [];
        const kind = "collections.remove";
        return [{ ...common, id: operationId(kind, need.target), kind, input: need.input }];
      }
      case "buckets.ensure": {
        if (need.input.owner !== tenant) return [];
        const kind = "buckets.remove";
        return [{ ...common, id: operationId(kind, need.target), kind, input: need.input }];
      }
      case "models.ensure":
        return [];
    }
  });
}
