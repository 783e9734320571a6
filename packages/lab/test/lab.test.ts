import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { findLongLived, isRunning } from "../src/host/processes.ts";
import { waitFor } from "../src/host/wait.ts";
import { isolateNode, labDown, labUp, reconnectNode } from "../src/lab.ts";
import { runInNamespace } from "../src/network/namespace.ts";
import { clearFaults, injectFault } from "../src/proxmox/faults.ts";
import type { Lab } from "../src/state.ts";
import { ProxmoxClient } from "./proxmox-client.ts";
import { findRemains, nothing } from "./remains.ts";
import { SshKey } from "./ssh.ts";

const name = "selftest";
const address = "10.0.6.10";
const guest = "/nodes/pve/lxc/110";
const configSchema = z.looseObject({ features: z.string().optional(), hostname: z.string(), net0: z.string() });
const statusSchema = z.looseObject({ status: z.string() });

let lab: Lab;
let token: ProxmoxClient;
let root: ProxmoxClient;
let key: SshKey;

function newGuest(vmid: number): Record<string, string | number | boolean> {
  return {
    vmid,
    ostemplate: lab.proxmox.template,
    hostname: `ct${vmid}`,
    cores: 1,
    memory: 1024,
    swap: 0,
    rootfs: "local-lvm:2",
    net0: `name=eth0,bridge=vmbr0,ip=10.0.6.${vmid - 100}/24,gw=10.0.6.1`,
    features: "nesting=1",
    unprivileged: true,
    "ssh-public-keys": key.publicKey,
  };
}

async function statusOf(path: string): Promise<string> {
  return statusSchema.parse(await token.request("GET", `${path}/status/current`)).status;
}

beforeAll(async () => {
  await labDown({ name });
  lab = await labUp({ name });
  key = await SshKey.create();
  token = ProxmoxClient.start(lab, "token");
  root = ProxmoxClient.start(lab, "root");
});

afterAll(async () => {
  await token.stop();
  await root.stop();
  await key.remove();
  await labDown({ name });
});

describe("a lab", () => {
  it("has a network with no way out", async () => {
    const routes = await runInNamespace(lab.namespace, ["ip", "-json", "route", "show", "table", "all", "default"]);
    expect(JSON.parse(routes === "" ? "[]" : routes)).toEqual([]);
  });

  it("changes nothing when it is made a second time", async () => {
    const before = await findLongLived(lab.stateDirectory, "proxmox");
    await labUp({ name });
    expect(await findLongLived(lab.stateDirectory, "proxmox")).toEqual(before);
  });

  it("starts what has died again", async () => {
    const lxcfs = await findLongLived(lab.stateDirectory, "lxcfs");
    const proxmox = await findLongLived(lab.stateDirectory, "proxmox");
    if (lxcfs === undefined || proxmox === undefined) throw new Error("The lab's processes do not run");
    process.kill(lxcfs.pid, "SIGKILL");
    process.kill(proxmox.pid, "SIGKILL");
    await waitFor({
      what: "The end of both",
      deadlineMs: 5000,
      check: async () => ((await isRunning(lxcfs)) || (await isRunning(proxmox)) ? undefined : true),
    });
    await labUp({ name });
    expect(await token.request("GET", "/version")).toMatchObject({ version: expect.stringMatching(/^9\./) });
    expect(await readFile(join(lab.stateDirectory, "lxcfs/proc/meminfo"), "utf8")).toContain("MemTotal");
  });
});

describe("an LXC made through proxmox-api", () => {
  it("is created, starts and lets the key in", async () => {
    expect(await token.perform("POST", "/nodes/pve/lxc", newGuest(110))).toBe("OK");
    expect(await statusOf(guest)).toBe("stopped");
    expect(await token.perform("POST", `${guest}/status/start`)).toBe("OK");
    await key.waitForLogin(lab, address);
    expect(await key.run(lab, address, "hostname")).toBe("ct110");
    expect(await statusOf(guest)).toBe("running");
  });

  it("sees its own memory and cores, not the machine's", async () => {
    expect(await key.run(lab, address, "awk '/MemTotal/{print $2}' /proc/meminfo")).toBe(String(1024 * 1024));
    expect(await key.run(lab, address, "nproc")).toBe("1");
  });

  it("runs a Docker engine on overlay2", async () => {
    await waitFor({
      what: "Docker in the LXC",
      deadlineMs: 60_000,
      intervalMs: 500,
      check: async () => ((await key.succeeds(lab, address, "docker info")) ? true : undefined),
    });
    expect(await key.run(lab, address, "docker info --format '{{.Driver}}'")).toBe("overlay2");
  });

  it("has a disk that is full when it is full", async () => {
    const fill = "LC_ALL=C fallocate --length 4G /fill 2>&1; rm --force /fill";
    expect(await key.run(lab, address, fill)).toContain("No space left on device");
  });

  it("takes new limits and a larger disk while it runs", async () => {
    await token.request("PUT", `${guest}/config`, { memory: 900 });
    expect(await key.run(lab, address, "awk '/MemTotal/{print $2}' /proc/meminfo")).toBe(String(900 * 1024));
    expect(await token.perform("PUT", `${guest}/resize`, { disk: "rootfs", size: "+1G" })).toBe("OK");
    // Where a mounted file system cannot be resized, a start does it; what a restart does otherwise is tested below.
    expect(await token.perform("POST", `${guest}/status/reboot`)).toBe("OK");
    await key.waitForLogin(lab, address);
    expect(await key.run(lab, address, "df --output=size --block-size=G / | tail -1")).toMatch(/3G/);
    expect(await token.perform("PUT", `${guest}/resize`, { disk: "rootfs", size: "1G" })).toBe(
      "unable to shrink disk size",
    );
  });

  it("shows its addresses", async () => {
    expect(await token.request("GET", `${guest}/interfaces`)).toContainEqual(
      expect.objectContaining({ name: "eth0", inet: `${address}/24` }),
    );
  });

  it("can be cut off from the network and comes back", async () => {
    await isolateNode(lab, address);
    expect(await key.succeeds(lab, address, "true")).toBe(false);
    await reconnectNode(lab, address);
    await key.waitForLogin(lab, address);
  });

  it("returns to a snapshot", async () => {
    await key.run(lab, address, "echo before > /mark; sync");
    expect(await root.perform("POST", `${guest}/snapshot`, { snapname: "first" })).toBe("OK");
    await key.run(lab, address, "echo after > /mark; sync");
    expect(await root.perform("POST", `${guest}/snapshot/first/rollback`, { start: true })).toBe("OK");
    await key.waitForLogin(lab, address);
    expect(await key.run(lab, address, "cat /mark")).toBe("before");
    expect(await root.perform("DELETE", `${guest}/snapshot/first`)).toBe("OK");
    expect(await root.perform("DELETE", `${guest}/snapshot/first`)).toBe("snapshot 'first' does not exist");
  });

  it("takes a new name with its next start", async () => {
    await token.request("PUT", `${guest}/config`, { hostname: "renamed", memory: 768 });
    expect(await token.perform("POST", `${guest}/status/reboot`)).toBe("OK");
    await key.waitForLogin(lab, address);
    expect(await key.run(lab, address, "hostname; awk '/MemTotal/{print $2}' /proc/meminfo")).toBe(
      `renamed\n${768 * 1024}`,
    );
  });

  it("survives a restart from inside", async () => {
    const bootTime = "systemctl show --property UserspaceTimestampMonotonic --value";
    const before = await key.run(lab, address, bootTime);
    await key.succeeds(lab, address, "systemctl reboot");
    await waitFor({
      what: "The LXC after its own restart",
      deadlineMs: 60_000,
      intervalMs: 300,
      check: async () =>
        (await key.succeeds(lab, address, `test "$(${bootTime})" != "${before}"`)) ? true : undefined,
    });
  });
});

describe("the API", () => {
  it("lets a token set nesting and nothing else, and root@pam everything", async () => {
    const keyctl = { ...newGuest(111), features: "keyctl=1,nesting=1" };
    await expect(token.request("POST", "/nodes/pve/lxc", keyctl)).rejects.toThrow(
      "403 Permission check failed (changing feature flags (except nesting) is only allowed for root@pam)",
    );
    expect(await root.perform("POST", "/nodes/pve/lxc", keyctl)).toBe("OK");
    const config = configSchema.parse(await token.request("GET", "/nodes/pve/lxc/111/config"));
    expect(config.features).toBe("keyctl=1,nesting=1");
  });

  it("refuses an id that is taken, however the client came to ask twice", async () => {
    await expect(token.request("POST", "/nodes/pve/lxc", newGuest(110))).rejects.toThrow(
      "500 CT 110 already exists on node 'pve'",
    );
    await injectFault(lab.stateDirectory, { kind: "drop-response", method: "POST", path: "/lxc$" });
    await expect(token.request("POST", "/nodes/pve/lxc", newGuest(112))).rejects.toThrow(
      "500 CT 112 already exists on node 'pve'",
    );
    await waitFor({
      what: "The LXC that the unanswered request made",
      deadlineMs: 30_000,
      check: async () => {
        const config = z.looseObject({ lock: z.string().optional() });
        return config.parse(await token.request("GET", "/nodes/pve/lxc/112/config")).lock === undefined
          ? true
          : undefined;
      },
    });
  });

  it("refuses what a running LXC does not allow", async () => {
    await expect(token.request("POST", `${guest}/status/start`)).rejects.toThrow("500 CT 110 already running");
    await expect(token.request("DELETE", guest)).rejects.toThrow("500 unable to destroy CT 110 - container is running");
    await expect(token.request("POST", "/nodes/pve/lxc/112/status/stop")).rejects.toThrow("500 CT 112 not running");
  });

  it("leaves nothing of a creation that fails", async () => {
    await injectFault(lab.stateDirectory, {
      kind: "fail-task",
      taskType: "vzstart",
      message: "startup for container '112' failed",
    });
    expect(await token.perform("POST", "/nodes/pve/lxc/112/status/start")).toBe("startup for container '112' failed");
    const missing = { ...newGuest(113), ostemplate: "local:vztmpl/none.tar.zst" };
    expect(await token.perform("POST", "/nodes/pve/lxc", missing)).toBe(
      "unable to create CT 113 - volume 'local:vztmpl/none.tar.zst' does not exist",
    );
    await expect(token.request("GET", "/nodes/pve/lxc/113/config")).rejects.toThrow(
      "500 Configuration file 'nodes/pve/lxc/113.conf' does not exist",
    );
    await clearFaults(lab.stateDirectory);
  });

  it("clears up after it was killed in the middle of a creation", async () => {
    const identity = await findLongLived(lab.stateDirectory, "proxmox");
    if (identity === undefined) throw new Error("The stand-in does not run");
    await injectFault(lab.stateDirectory, { kind: "delay-task", taskType: "vzcreate", delayMs: 60_000 });
    const upid = z.string().parse(await token.request("POST", "/nodes/pve/lxc", newGuest(113)));
    process.kill(identity.pid, "SIGKILL");
    await labUp({ name });
    expect(await token.exitStatus(upid)).toBe("unexpected status");
    expect(await token.request("GET", "/cluster/nextid", { vmid: 113 })).toBe("113");
    expect(await key.run(lab, address, "hostname")).toBe("renamed");
  });
});

describe("the end", () => {
  it("removes an LXC with all it had", async () => {
    expect(await token.perform("DELETE", guest, { force: true, purge: true })).toBe("OK");
    expect(await token.request("GET", "/nodes/pve/lxc")).not.toContainEqual(expect.objectContaining({ vmid: 110 }));
  });

  it("leaves nothing, however often it is asked for", async () => {
    expect(await token.perform("POST", "/nodes/pve/lxc/112/status/start")).toBe("OK");
    expect((await findRemains(name))["loopDevices"]).not.toEqual([]);
    await labDown({ name });
    expect(await findRemains(name)).toEqual(nothing);
    await labDown({ name });
  });
});
