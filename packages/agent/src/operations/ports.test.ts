import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContainerSummary } from "../docker/engine.ts";
import { instanceSpec } from "../testing/specs.ts";
import { checkPorts, isProxied, parseListeners } from "./ports.ts";

const table = [
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
  "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0",
  "   1: 0100007F:0050 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 20 4 30 10 -1",
].join("\n");

let proc: string;

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), "berth-proc-"));
  mkdirSync(join(proc, "self/net"), { recursive: true });
  writeFileSync(join(proc, "self/net/tcp"), "header\n");
});
afterEach(() => {
  rmSync(proc, { recursive: true });
});

function container(instance: string | undefined, hostPorts: number[]): ContainerSummary {
  const labels = instance === undefined ? {} : { "berth.instance": instance };
  return { id: "1", name: "holder", image: "", imageId: "", state: "running", labels, hostPorts };
}

describe("parseListeners", () => {
  it("takes what listens, not what is connected", () => {
    expect(parseListeners(table)).toEqual(new Map([[8080, "4242"]]));
  });
});

describe("checkPorts", () => {
  it("names the container that holds a port", async () => {
    const checking = checkPorts(instanceSpec(), [container(undefined, [8080])], proc);
    await expect(checking).rejects.toThrow("user1-web needs port 8080 of the node, which the container holder holds.");
  });

  it("names the process that holds a port", async () => {
    writeFileSync(join(proc, "self/net/tcp"), table);
    mkdirSync(join(proc, "812/fd"), { recursive: true });
    symlinkSync("socket:[4242]", join(proc, "812/fd/5"));
    writeFileSync(join(proc, "812/comm"), "nginx\n");
    await expect(checkPorts(instanceSpec(), [], proc)).rejects.toThrow("which the process nginx (pid 812) holds.");
  });

  it("says how to free a port that only Docker itself holds, with no container to stop", async () => {
    writeFileSync(join(proc, "self/net/tcp"), table);
    mkdirSync(join(proc, "812/fd"), { recursive: true });
    symlinkSync("socket:[4242]", join(proc, "812/fd/5"));
    writeFileSync(join(proc, "812/comm"), "docker-proxy\n");
    const checking = checkPorts(instanceSpec(), [], proc);
    await expect(checking).rejects.toMatchObject({ hint: expect.stringContaining("systemctl restart docker") });
  });

  it("does not mind the ports of the instance itself", async () => {
    writeFileSync(join(proc, "self/net/tcp"), table);
    await expect(checkPorts(instanceSpec(), [container("user1-web", [8080])], proc)).resolves.toBeUndefined();
  });
});

describe("isProxied", () => {
  it.each([
    ["docker-proxy", true],
    // Without its userland proxy Docker holds the port itself, and takes nothing.
    ["dockerd", false],
  ])("of a port that %s listens at is %s", async (name, expected) => {
    writeFileSync(join(proc, "self/net/tcp"), table);
    mkdirSync(join(proc, "812/fd"), { recursive: true });
    symlinkSync("socket:[4242]", join(proc, "812/fd/5"));
    writeFileSync(join(proc, "812/comm"), `${name}\n`);
    expect(await isProxied(8080, proc)).toBe(expected);
    expect(await isProxied(8081, proc)).toBe(false);
  });
});
