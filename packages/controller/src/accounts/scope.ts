/** What of the fleet a tenant's account may see: its own. Pure. Every other account sees everything: null. */
import type { LiveSamples } from "@berth/shared/api/live";
import type { FleetStatus, InstanceStatus, NodeStatus, Status } from "@berth/shared/api/status";
import type { Placement } from "@berth/shared/fleet/instances";

export interface Scope {
  tenant: string;
  instances: ReadonlySet<string>;
  /** Nodes that it has instances on. */
  places: ReadonlySet<string>;
  /** Those of them that nobody else has any on: what is measured there is the tenant's. */
  nodes: ReadonlySet<string>;
}

/** Of a tenant that the fleet does not have: nothing. */
export function scopeOfTenant(tenant: string, placements: readonly Placement[]): Scope {
  const own = placements.filter((placement) => placement.tenant === tenant);
  const places = new Set(own.map(({ node }) => node));
  const others = new Set(placements.filter((placement) => placement.tenant !== tenant).map(({ node }) => node));
  return {
    tenant,
    instances: new Set(own.map(({ instance }) => instance)),
    places,
    nodes: new Set([...places].filter((node) => !others.has(node))),
  };
}

export function isVisibleInstance({ tenant }: Pick<InstanceStatus, "tenant">, scope: Scope | null): boolean {
  return scope === null || tenant === scope.tenant;
}

/** null: it may not be seen. Of one that others have instances on, no more than that it is there. */
export function scopedNode(node: NodeStatus, scope: Scope | null): NodeStatus | null {
  if (scope === null || scope.nodes.has(node.name)) return node;
  return scope.places.has(node.name) ? { ...node, facts: null, clockSkewMilliseconds: null, vmid: null } : null;
}

export function scopedStatus({ fleet, nodes, instances }: Status, scope: Scope | null): Status {
  return {
    fleet,
    nodes: nodes.flatMap((node) => scopedNode(node, scope) ?? []),
    instances: instances.filter((instance) => isVisibleInstance(instance, scope)),
  };
}

/** The controller's own backup, upgrades and the history of metrics are of the whole fleet. */
export function scopedFleetStatus(status: FleetStatus, scope: Scope | null): FleetStatus {
  if (scope === null) return status;
  const { backups } = status;
  return {
    ...scopedStatus(status, scope),
    ...(backups === undefined ? {} : { backups: backups.filter(({ owner }) => owner === scope.tenant) }),
  };
}

/** A frame holds all of a node: it is shown whole, or not at all. */
export function isVisibleSample({ node }: Pick<LiveSamples, "node">, scope: Scope | null): boolean {
  return scope === null || scope.nodes.has(node);
}

/** Of a thing by its kind and name, as it is asked for. */
export function isInScope(kind: "node" | "instance" | "tenant", name: string, scope: Scope | null): boolean {
  if (scope === null) return true;
  switch (kind) {
    case "node":
      return scope.nodes.has(name);
    case "instance":
      return scope.instances.has(name);
    case "tenant":
      return scope.tenant === name;
  }
}
