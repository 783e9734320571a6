import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FakeProxmox } from "../testing/fake-proxmox.ts";
import { type Ensure, gibibyte, type LxcHarness, startLxcHarness } from "../testing/lxc-harness.ts";
import { observeLxcs } from "./observe.ts";
import { removeLxc } from "./remove.ts";

// A busy machine is slow, not wrong.
vi.setConfig({ testTimeout: 30_000 });
const patiently = { timeout: 10_000 };

let harness: LxcHarness;
let fake: FakeProxmox;
let ensure: Ensure;

beforeEach(async () => {
  harness = await startLxcHarness();
  fake = harness.fake;
  ensure = harness.newController();
});

afterEach(() => harness[Symbol.asyncDispose]());

describe("an LXC that is there", () => {
  test("is brought to its specification", async () => {
    await ensure();
    await ensure({ cores: 4, memoryBytes: 8 * gibibyte, diskBytes: 30 * gibibyte });
    expect(fake.guests.get(100)?.config).toMatchObject({
      cores: "4",
      memory: "8192",
      rootfs: "local-lvm:vm-100-disk-0,size=30G",
    });
    const puts = fake.requests
      .filter((request) => request.method === "PUT")
      .map(({ path, parameters }) => [path, parameters]);
    expect(puts).toEqual([
      ["/nodes/pve/lxc/100/resize", { disk: "rootfs", size: "30G" }],
      ["/nodes/pve/lxc/100/config", { cores: "4", memory: "8192" }],
    ]);
  });

  test("is told of with what the time went into", async () => {
    fake.behaviour.taskPolls = 5;
    await ensure();
    const slow = harness.phases.filter(({ milliseconds }) => milliseconds >= 300);
    expect(slow.map(({ name, target }) => [name, target])).toEqual([
      ["create", "user1"],
      ["start", "user1"],
    ]);
  });

  test("never has its disk shrunk", async () => {
    await ensure();
    const before = fake.requests.length;
    expect(await ensure({ diskBytes: 10 * gibibyte })).toEqual({ vmid: 100, created: false, started: false });
    expect(fake.requests.slice(before).every((request) => request.method === "GET")).toBe(true);
  });

  test("is found by its description when its tags were tidied away, and gets them back", async () => {
    await ensure();
    const guest = fake.guests.get(100);
    if (guest === undefined) throw new Error("no guest");
    guest.config["tags"] = "mine";
    expect(await ensure()).toEqual({ vmid: 100, created: false, started: false });
    expect(guest.config["tags"]).toBe("mine;berth;berth.valuechain.user1");
  });

  test("is started again when somebody stopped it", async () => {
    await ensure();
    const guest = fake.guests.get(100);
    if (guest === undefined) throw new Error("no guest");
    guest.status = "stopped";
    expect(await ensure()).toEqual({ vmid: 100, created: false, started: true });
    expect(guest.status).toBe("running");
  });

  test("is waited for while another task holds it", async () => {
    await ensure();
    const guest = fake.guests.get(100);
    if (guest === undefined) throw new Error("no guest");
    guest.config["lock"] = "backup";
    const pending = ensure();
    await expect
      .poll(() => harness.lines.at(-1), patiently)
      .toBe("Waiting for CT 100, which another task holds (backup)");
    delete guest.config["lock"];
    expect(await pending).toEqual({ vmid: 100, created: false, started: false });
  });

  test("is left alone when it is not Berth's", async () => {
    fake.guests.set(110, { config: { hostname: "mail" }, status: "running" });
    await expect(ensure({ vmid: 110 })).rejects.toMatchObject({
      code: "conflict",
      message: "VMID 110, which the fleet gives to node user1, belongs to another guest, mail",
    });
    fake.virtualMachines.add(111);
    await expect(ensure({ vmid: 111 })).rejects.toMatchObject({ code: "conflict" });
    expect(fake.requests.every((request) => request.method === "GET")).toBe(true);
  });

  test("is not made again when it was moved to another node of the cluster", async () => {
    fake.elsewhere.push({ vmid: 120, node: "pve2", type: "lxc", tags: "berth;berth.valuechain.user1" });
    await expect(ensure()).rejects.toMatchObject({
      code: "conflict",
      message: "CT 120 of node user1 is on pve2 of the cluster, not on pve",
    });
    expect(fake.guests.size).toBe(0);
  });

  test("must be the only one with its marker", async () => {
    await ensure();
    const guest = fake.guests.get(100);
    if (guest === undefined) throw new Error("no guest");
    fake.guests.set(105, structuredClone(guest));
    await expect(ensure()).rejects.toMatchObject({
      code: "conflict",
      message: "CTs 100, 105 all carry the marker of node user1",
    });
    expect(await ensure({ vmid: 105 })).toEqual({ vmid: 105, created: false, started: false });
  });
});

test("what is there is observed for the planner, and removed when asked", async () => {
  await ensure();
  fake.guests.set(300, { config: { hostname: "mail", tags: "berth.other.user1" }, status: "running" });
  expect(await observeLxcs(harness.connection, "valuechain")).toEqual([
    {
      node: "user1",
      vmid: 100,
      status: "running",
      cores: 2,
      memoryBytes: 4 * gibibyte,
      swapBytes: 0,
      diskBytes: 20 * gibibyte,
      features: ["nesting"],
      address: "10.0.6.11",
    },
  ]);
  const progress = { log: () => undefined, signal: AbortSignal.timeout(20_000) };
  expect(await removeLxc(harness.connection, { fleet: "valuechain", node: "user1", vmid: null }, progress)).toBe(100);
  expect(await removeLxc(harness.connection, { fleet: "valuechain", node: "user1", vmid: null }, progress)).toBeNull();
  expect([...fake.guests.keys()]).toEqual([300]);
});
