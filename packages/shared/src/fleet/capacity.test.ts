import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { capacityWarnings, nodeCapacities } from "./capacity.ts";
import { compareArchitectures } from "./compare-architectures.ts";
import { hostCapacity, type HostResources } from "./host-capacity.ts";
import { parseFleet } from "./parse.ts";
import type { Fleet } from "./schema.ts";
import { changed, example } from "./testing/example.ts";

const gibibyte = 1024 ** 3;

function fleetOf(text: string): Fleet {
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(problems[0]?.message);
  return fleet;
}

/** One node with Redis at `memory`, and what else is given. */
function small(rest = "", memory = "256MiB"): string {
  return `fleet: small
domain: example.org
controller: { address: 10.0.6.1 }
proxmox:
  pve: { host: 10.0.6.1, node: pve, tokenId: "a@pve!b", tokenSecretFile: token, osTemplate: "local:vztmpl/x" }
templates:
  one: { cores: 2, memory: 512MiB, disk: 8GiB }
  tenant: { cores: 2, memory: 4GiB, disk: 20GiB }
nodes:
  a: { address: 10.0.6.10, proxmox: pve, template: one }
  b: { address: 10.0.6.11, proxmox: pve, template: tenant }
services:
  shared:
    redis: { node: a, memory: ${memory} }
${rest}`;
}

function node(fleet: Fleet, name: string, ...more: [Parameters<typeof nodeCapacities>[2]?]) {
  return nodeCapacities(fleet, catalog, ...more).find((candidate) => candidate.name === name);
}

describe("a node", () => {
  test("has its template, and takes the limits of all containers and a reserve for the system", () => {
    expect(node(fleetOf(small()), "a")).toEqual({
      name: "a",
      source: "template",
      template: "one",
      memoryBytes: 512 * 1024 ** 2,
      cores: 2,
      limitBytes: 256 * 1024 ** 2,
      systemBytes: 256 * 1024 ** 2,
      suspendedBytes: 0,
      headRoomBytes: 0,
      cpus: 0,
      unlimitedContainers: 1,
      instances: [
        {
          name: "shared-redis",
          service: "redis",
          tenant: null,
          containers: 1,
          memoryBytes: 256 * 1024 ** 2,
          cpus: 0,
          suspended: false,
        },
      ],
    });
  });

  test("counts a composite service with its parts, an override being for the main container", () => {
    const part =
      "{ name: worker, image: docker.io/e/w, version: '1', memory: 128MiB, cpus: 0.5, health: { command: [ok] } }";
    const own = `name: pair\n    title: P\n    description: ''\n    scope: shared\n    image: docker.io/e/p\n    version: '1'\n    memory: 64MiB\n    health: { command: [ok] }\n    parts: [${part}]`;
    const text = small(`    pair: { node: b, memory: 1GiB, cpus: 1 }\ncatalog:\n  pair:\n    ${own}\n`);
    expect(node(fleetOf(text), "b")).toMatchObject({
      limitBytes: gibibyte + 128 * 1024 ** 2,
      cpus: 1.5,
      unlimitedContainers: 0,
      instances: [{ name: "shared-pair", containers: 2 }],
    });
  });

  test("that exists has what its agent told, or nobody knows", () => {
    const fleet = fleetOf(small().replace("10.0.6.10, proxmox: pve, template: one", "10.0.6.10"));
    expect(node(fleet, "a")).toMatchObject({ source: null, memoryBytes: null, cores: null, headRoomBytes: null });
    expect(node(fleet, "a", () => ({ memoryBytes: gibibyte, cores: 1 }))).toMatchObject({
      source: "agent",
      memoryBytes: gibibyte,
      headRoomBytes: gibibyte / 2,
    });
  });

  test("keeps for a suspended tenant what its instances may use", () => {
    const tenant = (suspended: boolean) =>
      fleetOf(changed("user2: { node: user2 }", `user2: { node: user2, suspended: ${suspended} }`));
    const running = node(tenant(false), "user2");
    const suspended = node(tenant(true), "user2");
    expect(suspended).toMatchObject({ limitBytes: 0, suspendedBytes: running?.limitBytes, cpus: 0 });
    expect(suspended?.headRoomBytes).toBe(running?.headRoomBytes);
  });

  test("and for a suspended instance, beside those that run", () => {
    const text = changed("user2: { node: user2 }", "user2: { node: user2, services: { n8n: { suspended: true } } }");
    const [running, one] = [node(fleetOf(example), "user2"), node(fleetOf(text), "user2")];
    const resting = running?.instances.find(({ name }) => name === "user2-n8n")?.memoryBytes ?? Number.NaN;
    expect(one).toMatchObject({
      suspendedBytes: resting,
      limitBytes: (running?.limitBytes ?? Number.NaN) - resting,
      headRoomBytes: running?.headRoomBytes,
    });
  });
});

describe("warnings", () => {
  test("none where all fits", () => {
    expect(capacityWarnings(fleetOf(small()), catalog)).toEqual([]);
    expect(capacityWarnings(fleetOf(example), catalog)).toEqual([]);
  });

  test("an overcommitted node, with its figures", () => {
    expect(capacityWarnings(fleetOf(small("", "300MiB")), catalog)).toEqual([
      "node 'a' is overcommitted by 44MiB: 'shared-redis' may use 300MiB of memory, the system takes 256MiB, and template 'one' gives it 512MiB",
    ]);
    const example2 = changed("tenant: { cores: 2, memory: 4GiB", "tenant: { cores: 2, memory: 2GiB");
    expect(capacityWarnings(fleetOf(example2), catalog)).toHaveLength(3);
  });

  test("not for what is suspended, which uses nothing", () => {
    const text = changed("tenant: { cores: 2, memory: 4GiB", "tenant: { cores: 2, memory: 2GiB").replace(
      "user2: { node: user2 }",
      "user2: { node: user2, suspended: true }",
    );
    expect(capacityWarnings(fleetOf(text), catalog)).toHaveLength(2);
  });
});

describe("the comparison", () => {
  const compare = (text: string) => {
    const fleet = fleetOf(text);
    return compareArchitectures(fleet, nodeCapacities(fleet, catalog));
  };

  test("is the design document's for its fleet: 48 GB against 28 GB, 42 % saved", () => {
    expect(compare(example)).toEqual({
      tenants: 3,
      sharedBytes: 16 * gibibyte,
      tenantBytes: 12 * gibibyte,
      monolithicBytes: 48 * gibibyte,
      distributedBytes: 28 * gibibyte,
      savedBytes: 20 * gibibyte,
      savedPercent: 42,
    });
  });

  test("can be a loss, and counts a tenant's node that is shared once", () => {
    const one = changed("  user2: { node: user2 }\n", "").replace("  user3: { node: user3 }\n", "");
    expect(compare(one)).toMatchObject({
      monolithicBytes: 16 * gibibyte,
      distributedBytes: 20 * gibibyte,
      savedPercent: -25,
    });
    const single = one.replace("user1: { node: user1 }", "user1: { node: shared }");
    expect(compare(single)).toMatchObject({ tenantBytes: 0, savedPercent: 0 });
  });

  test("is none without tenants, or where a node's memory is unknown", () => {
    expect(compare(small())).toBeNull();
    expect(compare(changed("10.0.6.10, proxmox: pve, template: shared", "10.0.6.10"))).toBeNull();
  });
});

describe("more tenants", () => {
  const resources: HostResources = {
    memoryBytes: 64 * gibibyte,
    guests: [],
    storage: { totalBytes: 1000 * gibibyte, freeBytes: 600 * gibibyte },
  };
  const more = (text: string, changes: Partial<HostResources> = {}) => {
    const fleet = fleetOf(text);
    const [name = "", connection] = Object.entries(fleet.proxmox)[0] ?? [];
    if (connection === undefined) throw new Error("no connection");
    return hostCapacity(fleet, name, connection, { ...resources, ...changes });
  };

  test("fit as long as all guests together may use no more than the host has", () => {
    // 64 - 2 for Proxmox VE - 28 of the fleet = 34 GiB
    expect(more(example)).toMatchObject({
      fleetBytes: 28 * gibibyte,
      otherBytes: 0,
      template: "tenant",
      moreTenants: 8,
      limitedBy: "memory",
    });
    const guests = [
      { node: null, memoryBytes: 10 * gibibyte },
      { node: "user1", memoryBytes: 8 * gibibyte },
      { node: "gone", memoryBytes: 4 * gibibyte },
    ];
    expect(more(example, { guests })).toMatchObject({ otherBytes: 14 * gibibyte, moreTenants: 5 });
  });

  test("fit as long as their disks are free beside those that are still to be made", () => {
    const storage = { totalBytes: 1000 * gibibyte, freeBytes: 250 * gibibyte };
    expect(more(example, { storage })).toMatchObject({
      awaitedBytes: 160 * gibibyte,
      moreTenants: 4,
      limitedBy: "disk",
    });
    const guests = ["shared", "user1", "user2", "user3"].map((name) => ({ node: name, memoryBytes: 0 }));
    expect(more(example, { storage, guests })).toMatchObject({ awaitedBytes: 0, moreTenants: 8 });
  });

  test("are none on a full host, never fewer", () => {
    expect(more(example, { memoryBytes: 16 * gibibyte })).toMatchObject({ moreTenants: 0, limitedBy: "memory" });
  });

  test("are made like the last tenant, or by the template 'tenant'", () => {
    expect(more(small())).toMatchObject({ template: "tenant" });
    expect(more(small("tenants: { x: { node: a } }\n"))).toMatchObject({ template: "one" });
    const without = small().replace("  tenant: {", "  other: {").replace("template: tenant", "template: other");
    expect(more(without)).toMatchObject({ template: null, moreTenants: null, limitedBy: null });
  });
});
