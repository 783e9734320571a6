import { fileSystemSchema } from "@berth/shared/protocol/disks";
import { expect, it } from "vitest";
import { type Blocks, fileSystemOf } from "./file-systems.ts";
import type { Mount } from "./mounts.ts";

const mount: Mount = {
  ...{ number: "8:1", device: "/dev/sda1", type: "ext4", mountpoint: "/" },
  ...{ isWhole: true, readOnly: false },
};
const blocks: Blocks = { blocks: 100, bfree: 40, bavail: 35, frsize: 4096, files: 10, ffree: 4 };

it("counts as df does: without what is reserved for root", () => {
  expect(fileSystemOf(mount, blocks)).toEqual({
    ...{ mountpoint: "/", device: "/dev/sda1", type: "ext4", readOnly: false },
    ...{ usedBytes: 60 * 4096, sizeBytes: 95 * 4096, inodes: { used: 6, total: 10 } },
  });
});

it.each<[string, Mount, Blocks | null]>([
  ["more free than there is", mount, { ...blocks, bfree: 120, bavail: -7, ffree: 20 }],
  ["no fixed number of files", { ...mount, type: "btrfs" }, { ...blocks, files: 0, ffree: 0 }],
  ["no answer", mount, null],
  ["long names", { ...mount, device: "d".repeat(5000), type: "t".repeat(100) }, blocks],
])("what fits the protocol, whatever a driver makes up: %s", (_what, of, told) => {
  const found = fileSystemOf(of, told);
  expect(fileSystemSchema.parse(found)).toEqual(found);
  expect(found.inodes?.used ?? 0).toBeGreaterThanOrEqual(0);
});
