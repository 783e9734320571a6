import { expect, it } from "vitest";
import { parseMountsBelow } from "./mounts.ts";

it("finds the mounts at and below a folder, deepest first, and no neighbour's", () => {
  const mounts = [
    "/dev/vda / ext4 rw 0 0",
    "/dev/loop0 /state/demo/guests xfs rw 0 0",
    "lxcfs /state/demo fuse.lxcfs rw 0 0",
    "/dev/loop1 /state/demo/guests/a\\040b ext4 rw 0 0",
    "/dev/loop2 /state/demo2/guests xfs rw 0 0",
    "",
  ].join("\n");
  expect(parseMountsBelow(mounts, "/state/demo")).toEqual([
    "/state/demo/guests/a b",
    "/state/demo/guests",
    "/state/demo",
  ]);
});
