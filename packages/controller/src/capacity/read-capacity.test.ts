import { catalog } from "@berth/shared/catalog/index";
import { BerthError } from "@berth/shared/errors";
import { fleetSchema } from "@berth/shared/fleet/schema";
import { expect, test } from "vitest";
import { readCapacity, type CapacityDependencies } from "./read-capacity.ts";

const gibibyte = 1024 ** 3;
const connection = { node: "pve", tokenId: "berth@pve!controller", tokenSecretFile: "token", osTemplate: "local:t" };
const fleet = fleetSchema.parse({
  fleet: "valuechain",
  domain: "example.org",
  controller: { address: "10.0.6.1" },
  proxmox: { near: { ...connection, host: "10.0.6.1" }, far: { ...connection, host: "10.0.7.1" } },
  templates: { tenant: { cores: 2, memory: "4GiB", disk: "20GiB" } },
  nodes: {
    user1: { address: "10.0.6.11", proxmox: "near", template: "tenant" },
    metal: { address: "10.0.6.20" },
  },
  tenants: { user1: { node: "user1" } },
  services: { shared: { redis: { node: "metal" } } },
});

const dependencies: CapacityDependencies = {
  builtIn: catalog,
  factsOf: async () => (node) => (node === "metal" ? { memoryBytes: 8 * gibibyte, cores: 4 } : null),
  hostResources: async (_, proxmox) => {
    if (proxmox === "far") throw new BerthError("proxmox.failed", "Proxmox VE at 10.0.7.1:8006 did not answer");
    return {
      memoryBytes: 32 * gibibyte,
      guests: [],
      storage: { totalBytes: 500 * gibibyte, freeBytes: 300 * gibibyte },
    };
  },
};

test("hosts that exist are what their agents say, and a Proxmox VE host that does not answer takes only itself out", async () => {
  const capacity = await readCapacity(fleet, dependencies);
  expect(capacity.nodes.map(({ name, source, memoryBytes }) => [name, source, memoryBytes])).toEqual([
    ["user1", "template", 4 * gibibyte],
    ["metal", "agent", 8 * gibibyte],
  ]);
  expect(capacity.hosts).toMatchObject([
    { proxmox: "near", moreTenants: 6, limitedBy: "memory", awaitedBytes: 20 * gibibyte },
  ]);
  expect(capacity.unaskedHosts).toEqual([
    { proxmox: "far", node: "pve", reason: "Proxmox VE at 10.0.7.1:8006 did not answer" },
  ]);
  expect(capacity.comparison).toMatchObject({
    monolithicBytes: 8 * gibibyte,
    distributedBytes: 12 * gibibyte,
    savedPercent: -50,
  });
});
