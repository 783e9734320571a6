import { expect, test } from "vitest";
import { Disks } from "../agents/state/disks.ts";
import { type DiskMoment, diskHoldings } from "./disk-holdings.ts";

const hour = 3_600_000;
const now = 1000 * hour;
const fileSystem = {
  ...{ mountpoint: "/", device: "/dev/sda1", type: "ext4", readOnly: false, inodes: null },
  ...{ usedBytes: 40, sizeBytes: 100 },
};
const volume = { name: "user1-n8n-data", instance: "user1-n8n", bytes: 7, measuredAt: now - hour };

function holdings(disks: Disks, moment: Partial<DiskMoment> = {}) {
  return diskHoldings(disks.list(), { isOnline: () => true, now, ...moment });
}

test("keeps how full each file system is, and each volume by whose it is, or by its node alone", () => {
  const disks = new Disks();
  disks.takeFileSystems("user1", [fileSystem, { ...fileSystem, mountpoint: "/mnt/models", usedBytes: 0 }], now);
  disks.takeVolumes("user1", [volume, { ...volume, name: "by-hand", instance: null, bytes: 0 }], 0);
  disks.takeFileSystems("user2", [fileSystem], now);
  expect(holdings(disks)).toEqual([
    {
      ...{ kind: "file-system", name: "/", owner: "", node: "user1" },
      values: { fileSystemUsedBytes: 40, fileSystemSizeBytes: 100 },
    },
    {
      ...{ kind: "file-system", name: "/mnt/models", owner: "", node: "user1" },
      values: { fileSystemUsedBytes: 0, fileSystemSizeBytes: 100 },
    },
    { kind: "volume", name: "user1-n8n-data", owner: "user1-n8n", node: "user1", values: { volumeBytes: 7 } },
    { kind: "volume", name: "by-hand", owner: "", node: "user1", values: { volumeBytes: 0 } },
    {
      ...{ kind: "file-system", name: "/", owner: "", node: "user2" },
      values: { fileSystemUsedBytes: 40, fileSystemSizeBytes: 100 },
    },
  ]);
});

test("what does not answer, or was not measured yet, is unknown, and not nothing", () => {
  const disks = new Disks();
  disks.takeFileSystems("user1", [{ ...fileSystem, usedBytes: null, sizeBytes: null }], now);
  disks.takeVolumes("user1", [{ ...volume, bytes: null, measuredAt: null }], 0);
  expect(holdings(disks)).toEqual([]);
  disks.takeFileSystems("user1", [{ ...fileSystem, usedBytes: null }], now);
  expect(holdings(disks).map(({ values }) => values)).toEqual([{ fileSystemSizeBytes: 100 }]);
});

test("what a node told before it went away is nothing new", () => {
  const disks = new Disks();
  for (const node of ["user1", "user2"]) {
    disks.takeFileSystems(node, [fileSystem], now);
    disks.takeVolumes(node, [volume], 0);
  }
  const nodes = holdings(disks, { isOnline: (node) => node === "user2" }).map(({ node }) => node);
  expect(nodes).toEqual(["user2", "user2"]);
});

test("file systems that are not read any more, and a volume that could not be measured for days, are left out", () => {
  const disks = new Disks();
  disks.takeFileSystems("user1", [fileSystem], now - 10 * 60_000);
  disks.takeVolumes("user1", [volume, { ...volume, name: "vast", measuredAt: now - 49 * hour }], 0);
  expect(holdings(disks).map(({ name }) => name)).toEqual(["user1-n8n-data"]);
  // One that takes long is measured once a day.
  expect(holdings(disks, { now: now + 30 * hour }).map(({ name }) => name)).toEqual(["user1-n8n-data"]);
});
