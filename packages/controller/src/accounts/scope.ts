/** What of the fleet a tenant's account may see: its own. Pure. Every other account sees everything: null. */
import type { NodeDisks } from "@berth/shared/api/disks";
import type { LiveSamples } from "@berth/shared/api/live";
import type { FleetStatus, InstanceStatus, NodeStatus, OwnerBackups, Status } from "@berth/shared/api/status";
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
  if (!scope.places.has(node.name)) return null;
  const { containersRunning: _, ...shown } = node;
  return { ...shown, facts: null, clockSkewMilliseconds: null, vmid: null };
}

export function scopedStatus({ fleet, nodes, instances }: Status, scope: Scope | null): Status {
  return {
    fleet,
    nodes: nodes.flatMap((node) => scopedNode(node, scope) ?? []),
    instances: instances.filter((instance) => isVisibleInstance(instance, scope)),
  };
}

/**
 * The controller's own backup, upgrades and the history of metrics are of the whole fleet. `since`: when the tenant was
 * taken in; what is older is of one who had the name before.
 */
export function scopedFleetStatus(status: FleetStatus, scope: Scope | null, since: string): FleetStatus {
  if (scope === null) return status;
  const { backups, suspended } = status;
  const resting = suspended?.filter((instance) => isVisibleInstance(instance, scope)) ?? [];
  const own = backups?.filter(({ owner }) => owner === scope.tenant).map((standing) => backupsSince(standing, since));
  return {
    ...scopedStatus(status, scope),
    ...(resting.length === 0 ? {} : { suspended: resting }),
    ...(own === undefined ? {} : { backups: own }),
  };
}

function backupsSince({ owner, newest, failed, lateSince, provenAt }: OwnerBackups, since: string): OwnerBackups {
  return {
    ...{ owner, lateSince },
    newest: newest !== null && newest.createdAt >= since ? newest : null,
    failed: failed !== null && failed.createdAt >= since ? failed : null,
    provenAt: provenAt !== null && provenAt >= since ? provenAt : null,
  };
}

/** null: none of it may be seen. Whatever else may still run on a node that is the tenant's now is left out. */
export function scopedSamples(samples: LiveSamples, scope: Scope | null): LiveSamples | null {
  if (scope === null) return samples;
  const { node, containers, frames } = samples;
  if (!scope.nodes.has(node)) return null;
  const isOwn = containers.map(({ instance }) => scope.instances.has(instance));
  return {
    node,
    containers: containers.filter((_, index) => isOwn[index]),
    frames: frames.map((frame) => ({ ...frame, containers: frame.containers.filter((_, index) => isOwn[index]) })),
  };
}

/**
 * null: none of it may be seen. Of a node that others have instances on, the volumes of the tenant's own alone; of its own
 * node, no volume of anybody who was there before.
 */
export function scopedDisks(disks: NodeDisks, scope: Scope | null): NodeDisks | null {
  if (scope === null) return disks;
  const { node, readAt, fileSystems } = disks;
  if (!scope.places.has(node)) return null;
  const volumes = disks.volumes.filter(({ instance }) => instance !== null && scope.instances.has(instance));
  return scope.nodes.has(node)
    ? { node, readAt, fileSystems, volumes }
    : { ...disks, fileSystems: [], readAt: null, volumes };
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
