/** A fleet of two nodes, one of them away, as a scrape sees it. For tests. */
import type { LiveSamples } from "@berth/shared/api/live";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import type { Frame } from "@berth/shared/metrics/samples";
import type { Snapshot } from "../snapshot.ts";

export const seenAt = "2026-11-24T12:00:00.500Z";

const user1: NodeStatus = {
  ...{ name: "user1", address: "10.0.6.11", state: "online", agentVersion: "0.1.0", outdated: false, vmid: 101 },
  ...{ lastSeen: seenAt, clockSkewMilliseconds: 1500 },
  facts: {
    ...{ hostname: "user1", os: 'Debian "12"', kernel: "6.1.0", architecture: "x64", cores: 2 },
    ...{ memoryBytes: 4 * 1024 ** 3, dockerVersion: "20.10.24", cgroupVersion: 2 },
    // By the node's clock, which is a second and a half ahead.
    bootedAt: Date.parse(seenAt) - 86_398_500,
  },
};
const shared: NodeStatus = { ...user1, name: "shared", address: "10.0.6.10", state: "offline", vmid: 100 };

const n8n: InstanceStatus = {
  ...{ name: "user1-n8n", service: "n8n", node: "user1", tenant: "user1", state: "healthy", version: "2.41.1" },
  ...{ drift: [], ports: [5678] },
  containers: [
    {
      ...{ name: "user1-n8n", id: "c1", image: "docker.io/n8nio/n8n:2.41.1", imageId: "sha256:1", state: "running" },
      ...{ startedAt: seenAt, restarts: 3 },
    },
  ],
};
const flowise: InstanceStatus = {
  ...{ ...n8n, name: "user1-flowise", service: "flowise", state: "unhealthy", version: "3.1.4" },
  ...{ drift: ["env changed"], containers: [] },
};
/** What was last seen of it is old. */
const postgres: InstanceStatus = {
  ...{ ...n8n, name: "shared-postgres", service: "postgres", node: "shared", tenant: null, state: "unknown" },
};

const frame: Frame = {
  at: Date.parse(seenAt),
  node: [0.5, 1000, 4000, 5, 10, 20, 30, 40, 500, 900, 0.1, 0.2, 0.3, 1.25],
  // The last one is of an agent that knows nothing of throttling.
  containers: [[0.25, 300, 1000, 1, 2, 3, 4, 7, 0.5], null, [0.125, 100, 4000, 0, 0, 0, 0, 1]],
};
const samples: LiveSamples = {
  node: "user1",
  containers: [
    { name: "user1-n8n", instance: "user1-n8n" },
    { name: "user1-flowise", instance: "user1-flowise" },
    { name: "cadvisor", instance: "cadvisor" },
  ],
  // An older frame, which says something else.
  frames: [{ ...frame, at: frame.at - 1000, node: frame.node.map((value) => (value ?? 0) + 1) }, frame],
};

export function testSnapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    version: "1.2.3",
    status: { fleet: "valuechain", nodes: [shared, user1], instances: [postgres, flowise, n8n] },
    samples: [{ ...samples, node: "shared" }, samples],
    disks: ["shared", "user1"].map((node) => ({
      ...{ node, readAt: seenAt },
      fileSystems: [
        {
          ...{ mountpoint: "/mnt/models", device: "/dev/sdb", type: "ext4", readOnly: false },
          ...{ usedBytes: 600, sizeBytes: 1000, inodes: null },
        },
        {
          ...{ mountpoint: "/mnt/nas", device: "nas:/export", type: "nfs4", readOnly: false },
          ...{ usedBytes: null, sizeBytes: null, inodes: null },
        },
        // Full by what it is.
        {
          ...{ mountpoint: "/mnt/cd", device: "/dev/sr0", type: "iso9660", readOnly: true },
          ...{ usedBytes: 1000, sizeBytes: 1000, inodes: null },
        },
      ],
      volumes: [
        { name: "user1-n8n-data", instance: "user1-n8n", bytes: 70, measuredAt: seenAt },
        // What an instance of another node would be.
        { name: "moved", instance: "user2-n8n", bytes: 5, measuredAt: seenAt },
        { name: "vast", instance: null, bytes: null, measuredAt: null },
      ],
    })),
    runs: [
      { kind: "apply", state: "succeeded", count: 2, lastEndedAt: seenAt },
      { kind: "upgrade", state: "running", count: 1, lastEndedAt: null },
    ],
    backups: {
      backups: [
        {
          owner: "user1",
          newest: { id: "b1", createdAt: seenAt, bytes: 4096, verifiedAt: null, provenAt: null },
          ...{ failed: null, lateSince: null, provenAt: "2026-11-23T00:00:00.000Z" },
        },
        {
          ...{ owner: "shared-neo4j", newest: null, lateSince: seenAt, provenAt: null },
          failed: { id: "b0", run: 1, createdAt: seenAt, state: "failed" },
        },
      ],
      controllerBackup: {
        newest: { id: "c1", createdAt: seenAt, bytes: 100, keyVersion: 1 },
        ...{ failed: null, lateSince: null, recoveryKey: null },
      },
    },
    usage: {
      readAt: seenAt,
      databases: [
        {
          ...{ server: "shared-postgres", tenant: "user1", instance: "user1-n8n", database: "user1_n8n" },
          ...{ bytes: 8192, connections: 3, connectionLimit: 20, counts: { executions: 12, workflows: 3 } },
        },
        {
          ...{ server: "shared-postgres", tenant: null, instance: "shared-langfuse", database: "shared_langfuse" },
          ...{ bytes: 4096, connections: 0, connectionLimit: null, counts: {} },
        },
      ],
      collections: [
        {
          ...{ server: "shared-qdrant", tenant: "user1", instance: "user1-flowise" },
          ...{ collection: "user1_flowise_vectors", points: 7 },
        },
      ],
      buckets: [
        {
          ...{
            server: "shared-minio",
            tenant: "user1",
            owner: "user1",
            bucket: "user1-uploads",
            bytes: 100,
            objects: 2,
          },
          ...{ quotaBytes: 1000, fullAt: null, countedAt: seenAt },
        },
        {
          ...{ server: "shared-minio", tenant: "user1", owner: "user1", bucket: "user1-backups", bytes: 0, objects: 0 },
          ...{ quotaBytes: null, fullAt: null, countedAt: null },
        },
      ],
      models: [{ server: "shared-ollama", model: "llama3.2:3b", memoryBytes: 5, graphicsMemoryBytes: 6 }],
      unread: [],
    },
    certificates: [
      { certificate: "agent", node: "user1", notAfter: Date.parse(seenAt) },
      { certificate: "server", node: null, notAfter: Date.parse(seenAt) },
    ],
    ...changes,
  };
}
