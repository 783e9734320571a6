/** A fleet of one node and one instance, in which all is well. */
import type { InstanceStatus, NodeStatus, OwnerBackups } from "@berth/shared/api/status";
import { containerColumns, nodeColumns, type ContainerColumn, type NodeColumn } from "@berth/shared/metrics/samples";
import { nodeOwnersOf } from "./labels.ts";
import type { NodeReading } from "./readings.ts";
import type { Point } from "./trend.ts";
import type { AlertView } from "./view.ts";

export const now = Date.parse("2026-11-30T02:00:00Z");
export const day = 86_400_000;
export const GiB = 1024 ** 3;

export function node(changes: Partial<NodeStatus> = {}): NodeStatus {
  const unknown = { agentVersion: null, outdated: false, lastSeen: null, clockSkewMilliseconds: null };
  return { name: "user1", address: "10.0.6.11", state: "online", facts: null, vmid: null, ...unknown, ...changes };
}

export function instance(changes: Partial<InstanceStatus> = {}): InstanceStatus {
  const usual = { service: "n8n", node: "user1", tenant: "user1", version: "2.41.3", drift: [], ports: [] };
  const container = {
    name: "user1-n8n",
    id: "",
    image: "",
    imageId: "",
    state: "running",
    startedAt: null,
    restarts: 0,
  };
  return { name: "user1-n8n", state: "healthy", containers: [container], ...usual, ...changes };
}

export const nodeRow = (values: Partial<Record<NodeColumn, number>>) =>
  nodeColumns.map((column) => values[column] ?? 0);
export const containerRow = (values: Partial<Record<ContainerColumn, number>>) =>
  containerColumns.map((column) => values[column] ?? 0);

export function means(row: readonly number[], containers: Record<string, readonly number[]> = {}) {
  const reading: NodeReading = {
    node: row,
    containers: new Map(Object.entries(containers).map(([name, of]) => [name, { instance: name, row: of }])),
  };
  return new Map([["user1", reading]]);
}

export function backups(changes: Partial<OwnerBackups>): AlertView["backups"] {
  const newest = { id: "b", createdAt: "2026-11-30T01:00:00.000Z", bytes: 1, verifiedAt: null, provenAt: null };
  return {
    backups: [{ owner: "user1", newest, failed: null, lateSince: null, provenAt: null, ...changes }],
    controllerBackup: { newest: null, failed: null, lateSince: null, recoveryKey: null },
  };
}

/** A point a minute. */
export const points = (count: number, value: (minute: number) => number): Point[] =>
  Array.from({ length: count }, (_, minute) => ({ at: minute * 60_000, value: value(minute) }));

export const status = (nodes: NodeStatus[], instances: InstanceStatus[]) => ({ fleet: "valuechain", nodes, instances });

export function healthy(changes: Partial<AlertView> = {}): AlertView {
  const { tenants = { user1: { node: "user1", suspended: false, services: {} } } } = changes;
  return {
    ...{ now, tenants, services: { shared: {}, tenant: {} }, nodeOwners: nodeOwnersOf(tenants), means: new Map() },
    status: status([node()], [instance()]),
    ...{
      disk: () => points(61, () => 600),
      fileSystems: () => [],
      restarts: () => ({ count: 0, isWhole: true }),
      outOfMemory: () => false,
      atWork: new Set(),
      backups: null,
      certificates: [],
      receivers: [],
    },
    ...changes,
  };
}
