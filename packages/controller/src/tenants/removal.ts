/** What removing a tenant takes away, as operations. Pure. */
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { removeFromFleet } from "@berth/shared/fleet/edit";
import type { Desired } from "../plan/desired.ts";
import type { DesiredNeed } from "../plan/desired-needs.ts";
import { operationId } from "../plan/identify.ts";

export interface TenantRemoval {
  /** The fleet file without the tenant; without its node, too, where that is an LXC that goes. */
  text: string;
  operations: PlannedOperation[];
}

/** `desired`: of the present fleet, the tenant not suspended in it: all that it has is named there. */
export function planTenantRemoval(
  { text, fleet, desired }: { text: string; fleet: Fleet; desired: Desired },
  tenant: string,
  { keepData }: { keepData: boolean },
): TenantRemoval {
  const node = fleet.tenants[tenant]?.node ?? tenant;
  const proxmox = fleet.nodes[node]?.proxmox;
  const instances = desired.instances.filter(({ spec }) => spec.tenant === tenant).map(({ spec }) => spec.instance);
  const without = removeFromFleet(text, ["tenants", tenant]);
  if (keepData) return { text: without, operations: instanceRemovals(node, instances, false) };
  // An LXC goes with all that is in it; a host that exists stays, without the instances and their volumes.
  const taken = proxmox === undefined ? instanceRemovals(node, instances, true) : [lxcRemoval(node, proxmox)];
  const after = taken.map(({ id }) => id);
  const stores = storeRemovals(tenant, instances, desired.needs, after);
  const owners = [tenant, ...instances];
  const secrets: PlannedOperation<"secrets.remove"> = {
    id: operationId("secrets.remove", tenant),
    kind: "secrets.remove",
    change: "remove",
    node: null,
    target: tenant,
    reason: "its tenant is removed",
    after: [...after, ...stores.map(({ id }) => id)],
    input: { tenant, owners },
  };
  return {
    text: proxmox === undefined ? without : removeFromFleet(without, ["nodes", node]),
    operations: [...taken, ...stores, secrets],
  };
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
