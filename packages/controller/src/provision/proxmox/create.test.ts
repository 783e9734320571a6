import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FakeProxmox, rootPassword } from "../testing/fake-proxmox.ts";
import { type Ensure, type LxcHarness, startLxcHarness } from "../testing/lxc-harness.ts";

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

describe("making an LXC", () => {
  test("creates it with exactly these parameters, starts it and streams the task's log", async () => {
    expect(await ensure()).toEqual({ vmid: 100, created: true, started: true });
    expect(harness.creations()).toEqual([
      {
        method: "POST",
        path: "/nodes/pve/lxc",
        root: false,
        parameters: {
          vmid: "100",
          ostemplate: "local:vztmpl/debian-12.tar.zst",
          hostname: "user1",
          unprivileged: "1",
          onboot: "1",
          cores: "2",
          memory: "4096",
          swap: "0",
          rootfs: "local-lvm:20",
          net0: "name=eth0,bridge=vmbr0,ip=10.0.6.11/24,gw=10.0.6.1",
          features: "nesting=1",
          "ssh-public-keys": "ssh-ed25519 AAAA berth",
          tags: "berth;berth.valuechain.user1",
          description: "Managed by Berth. Changes made here are put back by its next run.\nberth-node=valuechain/user1",
        },
      },
    ]);
    expect(harness.lines).toContain("proxmox: extracting archive");
    expect(harness.forgotten).toEqual(["user1"]);
  });

  test("refuses an address that another LXC has, whoever made it", async () => {
    const net0 = "name=eth0,bridge=vmbr0,ip=10.0.6.11/16";
    fake.guests.set(300, { config: { hostname: "mail", memory: "512", swap: "0", net0 }, status: "running" });
    await expect(ensure()).rejects.toMatchObject({
      code: "conflict",
      message: "10.0.6.11, the address of node user1, is that of CT 300 (mail) already",
    });
    expect(harness.creations()).toEqual([]);
  });

  test("changes nothing the second time", async () => {
    await ensure();
    const before = fake.requests.length;
    expect(await ensure()).toEqual({ vmid: 100, created: false, started: false });
    expect(fake.requests.slice(before).every((request) => request.method === "GET")).toBe(true);
    expect(harness.forgotten).toHaveLength(1);
  });

  test("makes one LXC only when the answer to the creation is lost", async () => {
    fake.behaviour.loseAnswers = ["POST /nodes/pve/lxc"];
    const pending = ensure();
    await expect.poll(() => harness.lines.some((line) => line.startsWith("Waiting for CT 100")), patiently).toBe(true);
    fake.endTasks();
    expect(await pending).toEqual({ vmid: 100, created: false, started: true });
    expect(harness.creations()).toHaveLength(1);
    expect(fake.guests.size).toBe(1);
  });

  test("waits for the creation that a killed controller began", async () => {
    fake.behaviour.taskPolls = 1_000_000;
    const killed = new AbortController();
    const first = ensure({}, killed.signal);
    await expect.poll(() => fake.guests.size, patiently).toBe(1);
    killed.abort();
    await expect(first).rejects.toThrow();
    fake.behaviour.taskPolls = 0;

    const second = harness.newController()();
    await expect.poll(() => harness.lines.some((line) => line.startsWith("Waiting for CT 100")), patiently).toBe(true);
    fake.endTasks();
    expect(await second).toEqual({ vmid: 100, created: false, started: true });
    expect(harness.creations()).toHaveLength(1);
  });

  test("makes one LXC only, whichever request a controller is killed at", async () => {
    await ensure();
    const requestsInAll = fake.requests.length;
    for (let killedAt = 1; killedAt <= requestsInAll; killedAt += 1) {
      fake.guests.clear();
      fake.requests.length = 0;
      const killed = new AbortController();
      fake.behaviour.onRequest = (count) => {
        if (count === killedAt) killed.abort();
      };
      await expect(harness.newController()({}, killed.signal)).rejects.toThrow();
      fake.behaviour.onRequest = () => undefined;

      // What was begun on the host goes on there meanwhile.
      const timer = setInterval(fake.endTasks, 20);
      await harness.newController()();
      clearInterval(timer);
      expect([...fake.guests.values()].map(({ status }) => status)).toEqual(["running"]);
    }
  }, 60_000);

  test("takes the next VMID when the first was taken meanwhile", async () => {
    fake.behaviour.takenMeanwhile = [100, 101];
    expect(await ensure()).toEqual({ vmid: 102, created: true, started: true });
    expect([...fake.guests.keys()]).toEqual([102]);
  });

  test("gives each node an LXC of its own when many are made at once", async () => {
    const nodes = ["user1", "user2", "user3"];
    const results = await Promise.all(nodes.map((node) => ensure({ node })));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(3);
    expect(harness.creations()).toHaveLength(3);
  });

  test("reports a task that failed with the end of its log", async () => {
    fake.behaviour.taskExitStatus = "no space left on thin pool";
    await expect(ensure()).rejects.toMatchObject({
      code: "proxmox.failed",
      message:
        "Proxmox VE could not create CT 100 (user1): no space left on thin pool (its log ends: extracting archive)",
    });
  });
});

describe("features that a token may not set", () => {
  test("are refused with a way out, before anything is asked of the host", async () => {
    await expect(ensure({ features: ["nesting", "keyctl"] })).rejects.toMatchObject({
      code: "proxmox.refused",
      hint: expect.stringContaining("rootPasswordFile"),
    });
    expect(harness.creations()).toHaveLength(0);
  });

  test("are set as root@pam, and only they", async () => {
    harness.connection.rootPasswordFile = await harness.directory.write("root", rootPassword);
    await ensure({ features: ["nesting", "keyctl"] });
    expect(harness.creations().map(({ root, parameters }) => [root, parameters["features"]])).toEqual([
      [true, "keyctl=1,nesting=1"],
    ]);
    const starts = fake.requests.filter((request) => request.path.endsWith("/status/start"));
    expect(starts.map((request) => request.root)).toEqual([false]);
  });
});
