import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import type { OperationContext } from "../../runs/handlers.ts";
import { type FakeProxmox, rootPassword, startFakeProxmox, tokenSecret } from "../testing/fake-proxmox.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { createLxcEnsureHandler } from "./handler.ts";
import { observeLxcs } from "./observe.ts";
import { removeLxc } from "./remove.ts";
import type { WantedLxc } from "./specification.ts";

const gibibyte = 1024 ** 3;
const wanted: WantedLxc = {
  node: "user1",
  proxmox: "pve",
  vmid: null,
  address: "10.0.6.11",
  cores: 2,
  memoryBytes: 4 * gibibyte,
  swapBytes: 0,
  diskBytes: 20 * gibibyte,
  features: ["nesting"],
};

let fake: FakeProxmox;
let directory: TemporaryDirectory;
let connection: ProxmoxConnection;
let lines: string[];
let forgotten: string[];
let ensure: (changes?: Partial<WantedLxc>, signal?: AbortSignal) => Promise<unknown>;

beforeEach(async () => {
  fake = await startFakeProxmox();
  directory = await temporaryDirectory();
  lines = [];
  forgotten = [];
  connection = {
    host: "127.0.0.1",
    port: fake.port,
    node: "pve",
    caFile: await directory.write("ca.pem", fake.certificate),
    tokenId: "berth@pve!controller",
    tokenSecretFile: await directory.write("token", `${tokenSecret}\n`),
    storage: "local-lvm",
    osTemplate: "local:vztmpl/debian-12.tar.zst",
    bridge: "vmbr0",
    gateway: "10.0.6.1",
    prefixLength: 24,
  };
  ensure = newController();
});

afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** A controller just started: nothing of what an earlier one knew. */
function newController(): typeof ensure {
  const handler = createLxcEnsureHandler({
    fleet: () => "valuechain",
    connection: () => connection,
    publicKey: () => "ssh-ed25519 AAAA berth",
    forgetHostKey: (node) => void forgotten.push(node),
  });
  return (changes = {}, signal = AbortSignal.timeout(20_000)) => {
    const context: OperationContext<"lxc.ensure"> = {
      operationId: "00000000-0000-4000-8000-000000000001",
      attempt: 1,
      input: { ...wanted, ...changes },
      node: "user1",
      deadlineSeconds: 20,
      log: (line) => void lines.push(line),
      signal,
    };
    return handler(context);
  };
}

const creations = () =>
  fake.requests.filter((request) => request.method === "POST" && request.path === "/nodes/pve/lxc");

describe("making an LXC", () => {
  test("creates it with exactly these parameters, starts it and streams the task's log", async () => {
    expect(await ensure()).toEqual({ vmid: 100, created: true, started: true });
    expect(creations()).toEqual([
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
    expect(lines).toContain("proxmox: extracting archive");
    expect(forgotten).toEqual(["user1"]);
  });

  test("changes nothing the second time", async () => {
    await ensure();
    const before = fake.requests.length;
    expect(await ensure()).toEqual({ vmid: 100, created: false, started: false });
    expect(fake.requests.slice(before).every((request) => request.method === "GET")).toBe(true);
    expect(forgotten).toHaveLength(1);
  });

  test("makes one LXC only when the answer to the creation is lost", async () => {
    fake.behaviour.loseAnswers = ["POST /nodes/pve/lxc"];
    const pending = ensure();
    await expect.poll(() => lines.some((line) => line.startsWith("Waiting for CT 100"))).toBe(true);
    fake.endTasks();
    expect(await pending).toEqual({ vmid: 100, created: false, started: true });
    expect(creations()).toHaveLength(1);
    expect(fake.guests.size).toBe(1);
  });

  test("waits for the creation that a killed controller began", async () => {
    fake.behaviour.taskPolls = 1_000_000;
    const killed = new AbortController();
    const first = ensure({}, killed.signal);
    await expect.poll(() => fake.guests.size).toBe(1);
    killed.abort();
    await expect(first).rejects.toThrow();
    fake.behaviour.taskPolls = 0;

    const second = newController()();
    await expect.poll(() => lines.some((line) => line.startsWith("Waiting for CT 100"))).toBe(true);
    fake.endTasks();
    expect(await second).toEqual({ vmid: 100, created: false, started: true });
    expect(creations()).toHaveLength(1);
  });

  test("takes the next VMID when the first was taken meanwhile", async () => {
    fake.behaviour.takenMeanwhile = [100, 101];
    expect(await ensure()).toEqual({ vmid: 102, created: true, started: true });
    expect([...fake.guests.keys()]).toEqual([102]);
  });

  test("gives each node an LXC of its own when many are made at once", async () => {
    const nodes = ["user1", "user2", "user3"];
    const results = await Promise.all(nodes.map((node) => ensure({ node })));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(3);
    expect(creations()).toHaveLength(3);
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
    expect(creations()).toHaveLength(0);
  });

  test("are set as root@pam, and only they", async () => {
    connection.rootPasswordFile = await directory.write("root", rootPassword);
    await ensure({ features: ["nesting", "keyctl"] });
    expect(creations().map(({ root, parameters }) => [root, parameters["features"]])).toEqual([
      [true, "keyctl=1,nesting=1"],
    ]);
    const starts = fake.requests.filter((request) => request.path.endsWith("/status/start"));
    expect(starts.map((request) => request.root)).toEqual([false]);
  });
});

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

  test("never has its disk shrunk", async () => {
    await ensure();
    await expect(ensure({ diskBytes: 10 * gibibyte })).rejects.toMatchObject({
      code: "proxmox.refused",
      hint: "Write disk: 20GiB for this node's template in fleet.yaml.",
    });
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
    await expect.poll(() => lines.at(-1)).toBe("Waiting for CT 100, which another task holds (backup)");
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

describe("a connection that does not work", () => {
  test("tells how to pin a certificate that is not trusted", async () => {
    delete connection.caFile;
    await expect(ensure()).rejects.toMatchObject({
      code: "proxmox.refused",
      message: expect.stringContaining("presents a certificate that is not trusted"),
      hint: "Copy /etc/pve/pve-root-ca.pem of that host (over SSH, say) to this machine and name the copy as caFile of the connection.",
    });
  });

  test("names the missing privilege", async () => {
    fake.behaviour.refuse = { status: 403, reason: "Permission check failed (/vms/100, VM.Allocate)" };
    await expect(ensure()).rejects.toMatchObject({
      code: "proxmox.refused",
      message: expect.stringContaining("Permission check failed (/vms/100, VM.Allocate)"),
    });
  });

  test("refuses a secret that others may read, and never shows one", async () => {
    connection.tokenSecretFile = await directory.write("open", tokenSecret, 0o644);
    await expect(ensure()).rejects.toMatchObject({
      code: "request.invalid",
      hint: `Run: chmod 600 ${connection.tokenSecretFile}`,
    });
    connection.tokenSecretFile = await directory.write("wrong", "0a1b2c3d-0000-4000-8000-0000000000ff");
    const error = await ensure().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "proxmox.refused" });
    expect(JSON.stringify([error, lines])).not.toContain("0000000000ff");
  });

  test("says that nobody answers", async () => {
    await fake[Symbol.asyncDispose]();
    await expect(ensure()).rejects.toMatchObject({ code: "proxmox.failed", message: /did not answer.*ECONNREFUSED/ });
  });
});

test("what is there is observed for the planner, and removed when asked", async () => {
  await ensure();
  fake.guests.set(300, { config: { hostname: "mail", tags: "berth.other.user1" }, status: "running" });
  expect(await observeLxcs(connection, "valuechain")).toEqual([
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
  expect(await removeLxc(connection, { fleet: "valuechain", node: "user1", vmid: null }, progress)).toBe(100);
  expect(await removeLxc(connection, { fleet: "valuechain", node: "user1", vmid: null }, progress)).toBeNull();
  expect([...fake.guests.keys()]).toEqual([300]);
});
