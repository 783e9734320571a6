/** A fleet of two tenants, one of which has a node of its own and shares another one. For tests of what each may see. */
import type { Backup } from "@berth/shared/api/backups";
import type { NodeDisks } from "@berth/shared/api/disks";
import type { LiveSamples } from "@berth/shared/api/live";
import type { Route } from "@berth/shared/api/routes";
import type { FleetStatus, InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import type { TenantStatus } from "@berth/shared/api/tenants";
import { catalog } from "@berth/shared/catalog/index";
import type { Placement } from "@berth/shared/fleet/instances";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";

export const at = "2026-11-24T12:00:00.000Z";
/** Before user1 was taken in: somebody else had the name then. */
export const before = "2026-10-01T00:00:00.000Z";
export const since = "2026-11-01T00:00:00.000Z";

/** user1 has a node of its own, and an instance on one that it shares with user2. */
export const places = [
  ["user1-n8n", "user1", "user1"],
  ["user1-flowise", "user1", "both"],
  ["user2-n8n", "user2", "both"],
  ["user2-flowise", "user2", "user2"],
  ["shared-postgres", null, "shared"],
] as const;
const [service] = catalog.values();
export const placements = places.map(
  ([instance, tenant, node]) => ({ instance, tenant, node, service }) as unknown as Placement,
);

export const nodes = ["user1", "both", "user2", "shared"].map((name): NodeStatus => ({
  ...{ name, address: "10.0.6.9", state: "online", agentVersion: "1", outdated: false, lastSeen: at, vmid: 7 },
  clockSkewMilliseconds: 3,
  facts: {
    ...{ hostname: `host-of-${name}`, os: "Debian", kernel: "6", architecture: "x64", cores: 2 },
    ...{ memoryBytes: 1, dockerVersion: "20", cgroupVersion: 2 },
  },
}));
export const instances = places.map(([name, tenant, node]): InstanceStatus => ({
  ...{ name, service: "n8n", node, tenant, state: "healthy", version: "1", drift: [], ports: [], containers: [] },
}));
export const status: FleetStatus = {
  ...{ fleet: "valuechain", nodes, instances },
  suspended: ["user1", "user2"].map((tenant) => ({
    ...{ name: `${tenant}-flowise`, service: "flowise", node: tenant, tenant, withTenant: false },
  })),
  backups: ["user1", "user2"].map((owner) => ({
    ...{ owner, newest: null, failed: null, lateSince: at, provenAt: before },
  })),
  controllerBackup: { newest: null, failed: null, lateSince: at, recoveryKey: null },
  history: { bytes: 5, maxBytes: 6, resolutions: [], problem: null, setAside: null },
};
export const row = (value: number): number[] => containerColumns.map(() => value);
/** On each node a container of an instance there, and one that is left of somebody who was there before. */
export const samples = nodes.map(({ name }): LiveSamples => ({
  node: name,
  containers: [
    { name: "left", instance: "user2-left" },
    { name: `${name}-n8n`, instance: `${name}-n8n` },
  ],
  frames: [{ at: 0, node: nodeColumns.map(() => 7), containers: [row(1), row(2)] }],
}));
/** Each instance has a volume on its node, and one is there that somebody else left. */
export const disks = nodes.map(({ name }): NodeDisks => ({
  ...{ node: name, readAt: at },
  fileSystems: [
    {
      ...{ mountpoint: `/mnt/of-${name}`, device: `disk-of-${name}`, type: "ext4", readOnly: false },
      ...{ usedBytes: 5, sizeBytes: 9, inodes: null },
    },
  ],
  volumes: [
    ...places.filter(([, , node]) => node === name).map(([instance]) => ({ name: `${instance}-data`, instance })),
    { name: "user2-left-data", instance: "user2-left" },
    { name: "of user2, by hand", instance: null },
  ].map((volume) => ({ ...volume, bytes: 7, measuredAt: at })),
}));
export const tenants = ["user1", "user2"].map((name): TenantStatus => ({
  ...{ name, state: "active", node: name, address: null, instances: [], databases: [`${name}_n8n`] },
  ...{ collections: [], buckets: [], keys: [], hosts: [] },
}));
export const routes = ["user1", "user2"].map((tenant): Route => ({
  ...{ host: `${tenant}.example.org`, url: `https://${tenant}.example.org/`, service: "n8n", tenant },
  ...{ instance: `${tenant}-n8n`, servers: [], healthCheck: null, state: "published", reason: null, suspended: false },
}));
export const backups = [
  ["user1", at],
  ["user1", before],
  ["user2", at],
  ["shared-postgres", at],
].map(([owner = "", createdAt = at]): Backup => ({
  ...{ id: `of-${owner}`, owner, subject: owner, run: 1, createdAt, state: "complete", reason: "manual" },
  ...{ location: null, parts: [], secrets: [], verifiedAt: null, provenAt: null },
}));
