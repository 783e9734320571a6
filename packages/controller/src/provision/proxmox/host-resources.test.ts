import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LxcHarness, startLxcHarness } from "../testing/lxc-harness.ts";
import { readHostResources } from "./host-resources.ts";

// A busy machine is slow, not wrong.
vi.setConfig({ testTimeout: 30_000 });

const gibibyte = 1024 ** 3;
let harness: LxcHarness;
beforeEach(async () => {
  harness = await startLxcHarness();
});
afterEach(() => harness[Symbol.asyncDispose]());

test("memory, cores, storage, and the guests of this node alone, each with what it may use", async () => {
  const guest = { node: "pve", type: "lxc", tags: "", maxmem: 4 * gibibyte };
  harness.fake.elsewhere.push(
    { ...guest, vmid: 100, tags: "berth;berth.valuechain.user1" },
    { ...guest, vmid: 101, type: "qemu" },
    { ...guest, vmid: 102, template: 1 },
    { ...guest, vmid: 103, node: "pve2" },
  );
  expect(await readHostResources(harness.connection, "valuechain")).toEqual({
    memoryBytes: 64 * gibibyte,
    cores: 16,
    guests: [
      { node: "user1", memoryBytes: 4 * gibibyte },
      { node: null, memoryBytes: 4 * gibibyte },
    ],
    storage: { totalBytes: 500 * gibibyte, freeBytes: 200 * gibibyte },
  });
  expect(harness.fake.requests.every(({ method }) => method === "GET")).toBe(true);
});

test("a storage that does not exist, and a missing privilege, are told as Proxmox VE does", async () => {
  const asked = readHostResources({ ...harness.connection, storage: "nvme" }, "valuechain");
  await expect(asked).rejects.toMatchObject({ message: expect.stringContaining("storage 'nvme' does not exist") });
  harness.fake.behaviour.refuse = { status: 403, reason: "Permission check failed (/nodes/pve, Sys.Audit)" };
  await expect(readHostResources(harness.connection, "valuechain")).rejects.toMatchObject({
    code: "proxmox.refused",
    message: expect.stringContaining("(/nodes/pve, Sys.Audit)"),
  });
});
