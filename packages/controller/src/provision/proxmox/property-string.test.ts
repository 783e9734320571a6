import { expect, test } from "vitest";
import { formatDiskSize, formatPropertyString, parseDiskSize, parsePropertyString } from "./property-string.ts";

test("property strings are read with their default key and written back", () => {
  const rootfs = parsePropertyString("local-lvm:vm-110-disk-0,size=20G", "volume");
  expect([...rootfs]).toEqual([
    ["volume", "local-lvm:vm-110-disk-0"],
    ["size", "20G"],
  ]);
  expect(formatPropertyString(parsePropertyString("name=eth0,hwaddr=BC:24:11:00:00:01,ip=dhcp"))).toBe(
    "name=eth0,hwaddr=BC:24:11:00:00:01,ip=dhcp",
  );
});

test.each([
  ["20G", 20 * 1024 ** 3],
  ["1.5T", 1.5 * 1024 ** 4],
  ["512M", 512 * 1024 ** 2],
  ["4096", 4096],
  ["20GB", null],
  [undefined, null],
])("the size %s is %s bytes", (text, bytes) => {
  expect(parseDiskSize(text)).toBe(bytes);
});

test.each([
  [20 * 1024 ** 3, "20G"],
  [20.5 * 1024 ** 3, "20992M"],
  [1024 ** 4, "1T"],
  [1024 ** 2 + 1, "1025K"],
])("%d bytes are written %s", (bytes, text) => {
  expect(formatDiskSize(bytes)).toBe(text);
});
