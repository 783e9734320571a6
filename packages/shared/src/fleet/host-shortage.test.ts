import { expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import type { HostResources } from "./host-capacity.ts";
import { hostShortage } from "./host-shortage.ts";
import { parseFleet } from "./parse.ts";
import { example } from "./testing/example.ts";

const gibibyte = 1024 ** 3;
/** Takes exactly the example: LXCs with 28 GiB and 14 cores, their disks with 160 GiB. */
const exact: HostResources = {
  memoryBytes: 30 * gibibyte,
  cores: 4,
  guests: [],
  storage: { totalBytes: 500 * gibibyte, freeBytes: 160 * gibibyte },
};

function shortage(changes: Partial<HostResources>): string | null {
  const { fleet, problems } = parseFleet(example, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(problems[0]?.message);
  return hostShortage(fleet, "pve", { ...exact, ...changes });
}

const beginning = "the host of Proxmox 'pve' is too small for its LXCs: ";

test("a host that takes them exactly is large enough, and one that tells no cores may be", () => {
  expect(shortage({})).toBeNull();
  expect(shortage({ cores: undefined })).toBeNull();
});

test("memory, with what the other guests may use", () => {
  expect(shortage({ memoryBytes: 24 * gibibyte })).toBe(
    `${beginning}6GiB of memory are missing, since they may use 28GiB and Proxmox VE itself 2GiB, and it has 24GiB`,
  );
  expect(shortage({ guests: [{ node: null, memoryBytes: gibibyte }] })).toBe(
    `${beginning}1GiB of memory are missing, since they may use 28GiB, other guests 1GiB and Proxmox VE itself 2GiB, and it has 30GiB`,
  );
});

test("disk, for those that are still to be made", () => {
  const storage = { totalBytes: 500 * gibibyte, freeBytes: 100 * gibibyte };
  expect(shortage({ storage })).toBe(
    `${beginning}60GiB of disk are missing, since those still to be made take 160GiB, and storage 'local-lvm' has 100GiB free`,
  );
  const guests = ["shared", "user1", "user2", "user3"].map((node) => ({ node, memoryBytes: 0 }));
  expect(shortage({ storage, guests })).toBeNull();
});

test("cores only when they are far more than the host has, and everything in one sentence", () => {
  expect(shortage({ cores: 3 })).toBe(`${beginning}they have 14 cores together, and it has 3`);
  expect(shortage({ cores: 1, memoryBytes: gibibyte, storage: { totalBytes: 0, freeBytes: 0 } })).toMatch(
    /^[^;]+of memory are missing[^;]+; 160GiB of disk are missing[^;]+; they have 14 cores [^;]+$/,
  );
});
