/** The fleet's state as the API tells it: the inventory's rows with what the hub knows of this moment. */
import type {
  ControllerStanding,
  FleetStatus,
  InstanceStatus,
  NodeStatus,
  OwnerBackups,
  Status,
  SuspendedInstance,
} from "@berth/shared/api/status";
import type { UpgradeCheck } from "@berth/shared/api/upgrades";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import type { Hub, NodePresence } from "../agents/types.ts";
import type { Inventory } from "../inventory/database.ts";
import { listInstances, type InstanceRecord } from "../inventory/instances.ts";
import { listNodes, type NodeRecord } from "../inventory/nodes.ts";

export interface StatusDependencies {
  inventory: Inventory;
  hub: Pick<Hub, "connection">;
  /** Name of the fleet; null before the first apply. */
  fleetName: () => Promise<string | null>;
}

export async function readStatus({ inventory, hub, fleetName }: StatusDependencies): Promise<Status> {
  const [fleet, nodes, instances] = await Promise.all([
    fleetName(),
    listNodes(inventory.database),
    listInstances(inventory.database),
  ]);
  const presences = new Map(nodes.map(({ name }) => [name, hub.connection(name)]));
  return {
    fleet,
    nodes: nodes.map((node) => nodeStatus(node, presences.get(node.name))),
    instances: instances.map((instance) => instanceStatus(instance, presences.get(instance.node))),
  };
}

export interface BackupStatus {
  backups: OwnerBackups[];
  /** The controller's own. */
  controllerBackup: ControllerStanding;
}

export interface Upkeep {
  suspended: SuspendedInstance[];
  /** null: the fleet has none. */
  backups: BackupStatus | null;
  /** null: nobody knows. */
  upgrades: UpgradeCheck | null;
  history?: HistoryStatus;
}

export function fleetStatus(status: Status, { suspended, backups, upgrades, history }: Upkeep): FleetStatus {
  return {
    ...{ ...status, ...backups },
    ...(suspended.length === 0 ? {} : { suspended }),
    ...(upgrades === null ? {} : { upgrades }),
    ...(history === undefined ? {} : { history }),
  };
}

export function nodeStatus(node: NodeRecord, presence: NodePresence | undefined): NodeStatus {
  const lastSeen = presence?.lastSeen ?? null;
  return {
    name: node.name,
    address: node.address,
    state: presence?.state ?? (node.state === "online" ? "offline" : node.state),
    agentVersion: presence?.agentVersion ?? node.agentVersion,
    outdated: presence?.outdated ?? false,
    lastSeen: lastSeen === null ? node.lastSeen : new Date(lastSeen).toISOString(),
    clockSkewMilliseconds: presence?.clockSkewMilliseconds ?? null,
    facts: presence?.facts ?? node.facts,
    vmid: node.vmid,
    ...(presence?.containersRunning == null ? {} : { containersRunning: presence.containersRunning }),
  };
}

/** Whether it is made of what the fleet file says; what is not there departs from nothing. */
function isApplied({ desiredHash, observedHash }: InstanceRecord): boolean {
  return observedHash === null || observedHash === "" || observedHash === desiredHash;
}

/** What an offline node last said of an instance is old news: its state is unknown. */
export function instanceStatus(instance: InstanceRecord, presence: NodePresence | undefined): InstanceStatus {
  const { name, service, node, tenant, drift, ports, containers } = instance;
  return {
    name,
    service,
    node,
    tenant,
    state: presence?.state === "online" ? instance.state : "unknown",
    version: instance.observedVersion ?? instance.version,
    drift:
      instance.desiredHash === null || isApplied(instance)
        ? drift
        : [...drift, "the fleet file's change is not carried out yet"],
    ports,
    containers,
  };
}
