/** Disks of the stand-in's nodes: the shared one has models on a mount of their own, which is nearly full. */
import type { NodeDisks } from "@berth/shared/api/disks";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import type { FileSystem } from "@berth/shared/protocol/disks";
import { gib, mib } from "./fleet.ts";

export function makeDisks(
  now: number,
  nodes: readonly NodeStatus[],
  instances: readonly InstanceStatus[],
): NodeDisks[] {
  return nodes.map(({ name, vmid }) => {
    const root = fileSystem("/", `/dev/mapper/pve-vm--${vmid}--disk--0`, 12, 30);
    const own = instances.filter(({ node }) => node === name);
    const ofInstances = own.map(({ name: instance }, index) => ({
      ...{ name: `${instance}-data`, instance, bytes: (own.length - index) ** 3 * 40 * mib },
      measuredAt: new Date(now - 300_000 - index * 2000).toISOString(),
    }));
    const vast = { name: "shared-minio-vast", instance: "shared-minio", bytes: null, measuredAt: null };
    return {
      ...{ node: name, readAt: new Date(now - 20_000).toISOString() },
      fileSystems: name === "shared" ? [root, ...sharedDisks] : [root],
      volumes: name === "shared" ? [...ofInstances, ...left(now), vast] : ofInstances,
    };
  });
}

const sharedDisks: FileSystem[] = [
  fileSystem("/mnt/models", "/dev/mapper/pve-vm--110--disk--1", 187, 200),
  {
    ...fileSystem("/mnt/nas", "10.0.6.9:/export/archive", 0, 0),
    type: "nfs4",
    ...{ usedBytes: null, sizeBytes: null },
  },
  { ...fileSystem("/srv/datasets", "rpool/data/datasets", 310, 900), type: "zfs", readOnly: true },
  {
    ...fileSystem("/var/lib/docker", "/dev/mapper/pve-vm--110--disk--2", 41, 100),
    inodes: { used: 6_200_000, total: 6_553_600 },
  },
];

function fileSystem(mountpoint: string, device: string, used: number, size: number): FileSystem {
  return {
    ...{ mountpoint, device, type: "ext4", readOnly: false, usedBytes: used * gib, sizeBytes: size * gib },
    inodes: { used: 90_000, total: 1_966_080 },
  };
}

/** Of nobody, and small. */
const left = (now: number): NodeDisks["volumes"] =>
  Array.from({ length: 8 }, (_, index) => ({
    ...{ name: `${"0c1d".repeat(15)}0ab${index}`, instance: null, bytes: (8 - index) * mib },
    measuredAt: new Date(now - 600_000).toISOString(),
  }));
