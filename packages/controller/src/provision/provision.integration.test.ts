/**
 * From nothing to an agent that is online, on real LXCs behind the lab's stand-in for Proxmox VE. The lab has a network
 * of its own: this file runs itself again inside it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { OperationHandler } from "../runs/handlers.ts";
import { createAgentEnsureHandler } from "./install/handler.ts";
import { removeAgent } from "./install/remove.ts";
import { uninstallScript } from "./install/install-script.ts";
import type { NodeOverSsh, SshAccess } from "./install/reach.ts";
import { createLxcEnsureHandler } from "./proxmox/handler.ts";
import { observeLxcs } from "./proxmox/observe.ts";
import { removeLxc } from "./proxmox/remove.ts";
import { connectSsh } from "./ssh/connect.ts";
import { openSshKey, type SshKey } from "./ssh/key.ts";
import type { RemoteResult } from "./ssh/session.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./testing/temporary-directory.ts";
import { startTestController, type TestController } from "./testing/test-controller.ts";

const repository = join(import.meta.dirname, "../../../..");
const labName = "provision-test";
const insideVariable = "BERTH_TEST_INSIDE_LAB";
const isInside = process.env[insideVariable] === labName;

const labProxmoxSchema = z.object({
  host: z.string(),
  port: z.int(),
  node: z.string(),
  caFile: z.string(),
  tokenId: z.string(),
  tokenSecretFile: z.string(),
  rootPasswordFile: z.string(),
  storage: z.string(),
  template: z.string(),
  plainTemplate: z.string(),
  bridge: z.string(),
});
const labSchema = z.object({ namespace: z.string(), bridgeAddress: z.string(), proxmox: labProxmoxSchema });

function lab(...words: string[]): Promise<{ stdout: string }> {
  const main = join(repository, "packages/lab/src/main.ts");
  return execa(process.execPath, [main, ...words, "--name", labName, "--json"], { cwd: repository, timeout: 900_000 });
}

describe.skipIf(isInside)("provisioning in the lab", () => {
  afterAll(async () => {
    await lab("down");
  });

  test("works", async () => {
    const { namespace } = labSchema.parse(JSON.parse((await lab("up", "--plain-template")).stdout));
    await execa(process.execPath, ["build.ts"], { cwd: join(repository, "packages/agent"), timeout: 120_000 });
    const vitest = join(repository, "node_modules/vitest/vitest.mjs");
    const inner = [vitest, "run", "--project", "integration", import.meta.filename];
    await execa("nsenter", [`--net=/var/run/netns/${namespace}`, process.execPath, ...inner], {
      cwd: repository,
      env: { [insideVariable]: labName },
      stdio: "inherit",
      timeout: 900_000,
    });
  });
});

describe.runIf(isInside)("inside the lab", () => {
  const gibibyte = 1024 ** 3;
  const fleet = "valuechain";
  let directory: TemporaryDirectory;
  let connection: ProxmoxConnection;
  /** The same, with a template that has no Docker. */
  let plainConnection: ProxmoxConnection;
  let controller: TestController;
  let key: SshKey;
  let ensureLxc: OperationHandler<"lxc.ensure">;
  let ensureAgent: OperationHandler<"agent.ensure">;
  let access: SshAccess;
  const hostKeys = new Map<string, string>();
  const lines: string[] = [];

  const progress = () => ({ log: (line: string) => void lines.push(line), signal: AbortSignal.timeout(300_000) });
  const context = (node: string) => ({ operationId: node, attempt: 1, node, deadlineSeconds: 300, ...progress() });
  const overSsh = (node: string, address: string, user = "root"): NodeOverSsh => ({
    node,
    address,
    ssh: { user, port: 22, hostKey: null, identityFile: null },
  });
  const makeLxc = (node: string, address: string, features: ("nesting" | "keyctl")[] = ["nesting"], proxmox = "pve") =>
    ensureLxc({
      ...context(node),
      input: {
        node,
        proxmox,
        vmid: null,
        address,
        cores: 1,
        memoryBytes: gibibyte,
        swapBytes: 0,
        diskBytes: 6 * gibibyte,
        features,
      },
    });
  const makeAgent = async (node: string, address: string, user = "root") => {
    await controller.addNode(node, address);
    return ensureAgent({ ...context(node), input: { ...overSsh(node, address, user), version: "0.1.0" } });
  };
  /** What a person at the host would type. */
  const onHost = async (address: string, script: string): Promise<RemoteResult> => {
    await using session = await connectSsh(
      {
        host: address,
        port: 22,
        user: "root",
        key,
        hostKey: null,
        onFirstHostKey: () => undefined,
        deadlineMilliseconds: 60_000,
      },
      progress(),
    );
    const { signal } = progress();
    return await session.run({
      argv: ["sh", "-s"],
      input: script,
      what: script,
      deadlineMilliseconds: 120_000,
      signal,
    });
  };

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const state = await readFile(`/var/lib/berth-lab/${labName}/lab.json`, "utf8");
    const { bridgeAddress, proxmox } = labSchema.parse(JSON.parse(state));
    const { template, plainTemplate, ...rest } = proxmox;
    connection = { ...rest, osTemplate: template, gateway: bridgeAddress, prefixLength: 24 };
    plainConnection = { ...connection, osTemplate: plainTemplate };
    key = await openSshKey({ directory: directory.path });
    controller = await startTestController({
      directory: directory.path,
      agentBundle: join(repository, "packages/agent/dist"),
      address: bridgeAddress,
      port: 8421,
    });
    access = {
      sshKey: async () => key,
      hostKeys: { get: (node) => hostKeys.get(node) ?? null, set: (node, value) => void hostKeys.set(node, value) },
    };
    ensureLxc = createLxcEnsureHandler({
      fleet: () => fleet,
      connection: (name) => (name === "plain" ? plainConnection : connection),
      publicKey: () => key.publicKey,
      keepVmid: () => undefined,
      forgetHostKey: (node) => void hostKeys.delete(node),
    });
    ensureAgent = createAgentEnsureHandler({
      makesLxc: () => true,
      ...access,
      controllerUrl: () => controller.url,
      caFingerprint: () => controller.caFingerprint,
      createJoinToken: (request) => controller.hub.createJoinToken(request),
      waitOnline: (node, wait) => controller.hub.waitOnline(node, wait),
      downloads: async () => controller.downloads,
    });
  });

  afterAll(async () => {
    await controller[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  test("LXCs are made, two at once, and found again", async () => {
    const made = await Promise.all([
      makeLxc("shared", "10.0.6.10", ["nesting", "keyctl"]),
      makeLxc("user1", "10.0.6.11"),
    ]);
    expect(made.map(({ created, started }) => [created, started])).toEqual([
      [true, true],
      [true, true],
    ]);
    const again = await makeLxc("user1", "10.0.6.11");
    expect(again).toEqual({ vmid: made[1].vmid, created: false, started: false });
    const observed = await observeLxcs(connection, fleet);
    expect(observed.toSorted((left, right) => left.node.localeCompare(right.node))).toMatchObject([
      { node: "shared", address: "10.0.6.10", status: "running", features: ["keyctl", "nesting"], cores: 1 },
      { node: "user1", address: "10.0.6.11", status: "running", memoryBytes: gibibyte, diskBytes: 6 * gibibyte },
    ]);
  });

  test("the agent is installed over SSH, and left alone when it is there", async () => {
    expect(await makeAgent("user1", "10.0.6.11")).toEqual({ installed: true, version: "0.1.0" });
    expect(controller.hub.connection("user1")).toMatchObject({ state: "online", agentVersion: "0.1.0" });
    const before = await onHost("10.0.6.11", "systemctl show berth-agent --property MainPID --value");
    expect(await makeAgent("user1", "10.0.6.11")).toEqual({ installed: false, version: "0.1.0" });
    const after = await onHost("10.0.6.11", "systemctl show berth-agent --property MainPID --value");
    expect(after.stdout).toBe(before.stdout);
  });

  test("it sees Docker through its hardened unit", async () => {
    const observation = await controller.hub.observe("user1", { timeoutMilliseconds: 20_000 });
    expect(observation.instances).toEqual([]);
    const unit = await onHost(
      "10.0.6.11",
      "systemctl is-active berth-agent; cat /proc/$(pgrep -f 'agent.mjs run')/status",
    );
    expect(unit.stdout).toMatch(/^active\n/);
    expect(unit.stdout).toMatch(/NoNewPrivs:\s1\n/);
    expect(unit.stdout).toMatch(/Seccomp:\s2\n/);
  });

  test("what was stopped or broken on the host is mended", async () => {
    await onHost("10.0.6.11", "systemctl disable --now berth-agent; rm /opt/berth-agent/current/agent.mjs");
    expect(await makeAgent("user1", "10.0.6.11")).toEqual({ installed: true, version: "0.1.0" });
  });

  test("a host whose agent trusts another controller is refused", async () => {
    await onHost("10.0.6.11", "rm /var/lib/berth-agent/ca.pem; systemctl restart berth-agent");
    await expect(makeAgent("user1", "10.0.6.11")).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("another controller"),
    });
  });

  test("the pasted line installs it too, and takes it away again", async () => {
    const command = await controller.commandFor("shared", "10.0.6.10");
    const pasted = await onHost("10.0.6.10", command);
    expect(pasted).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("The agent runs.") });
    await controller.hub.waitOnline("shared", { timeoutMilliseconds: 20_000 });
    expect(await makeAgent("shared", "10.0.6.10")).toEqual({ installed: false, version: "0.1.0" });

    await removeAgent(overSsh("shared", "10.0.6.10"), { containers: true }, access, progress());
    const left = await onHost(
      "10.0.6.10",
      "ls -d /opt/berth* /var/lib/berth* /etc/systemd/system/berth* /run/berth* /tmp/tmp*; pgrep -f agent.mjs",
    );
    expect(left.stdout).toBe("");
  });

  test("a pasted line with a used token leaves nothing behind", async () => {
    const command = await controller.commandFor("shared", "10.0.6.10");
    await onHost("10.0.6.10", `${command}; ${uninstallScript({ containers: false })}`);
    const again = await onHost("10.0.6.10", command);
    expect(again.exitCode).not.toBe(0);
    expect(again.stderr).toContain("token");
    const left = await onHost("10.0.6.10", "ls -d /opt/berth* /var/lib/berth* /etc/systemd/system/berth*");
    expect(left.stdout).toBe("");
  });

  test("a user other than root needs sudo without a password", async () => {
    const publicKey = key.publicKey;
    await onHost(
      "10.0.6.10",
      `useradd --create-home --shell /bin/sh deploy && install -d -o deploy -m 700 /home/deploy/.ssh &&
       echo '${publicKey}' > /home/deploy/.ssh/authorized_keys && chown deploy /home/deploy/.ssh/authorized_keys`,
    );
    await expect(makeAgent("shared", "10.0.6.10", "deploy")).rejects.toMatchObject({ code: "host.unsupported" });
  });

  test("Docker is installed where there is none, and where an installation was cut off", async () => {
    await makeLxc("plain", "10.0.6.12", ["nesting"], "plain");
    // What dpkg leaves of one: apt-get refuses to do anything before it is tidied.
    await onHost("10.0.6.12", "touch /var/lib/dpkg/updates/0001");
    const refused = await onHost("10.0.6.12", "apt-get install --yes docker.io");
    expect(refused.stderr).toContain("dpkg was interrupted");
    expect(await makeAgent("plain", "10.0.6.12")).toEqual({ installed: true, version: "0.1.0" });
    const docker = await onHost("10.0.6.12", "systemctl is-active docker; docker info --format '{{.Driver}}'");
    expect(docker.stdout).toMatch(/^active\n\w+\n$/);
  });

  test("a new LXC in the place of the old one is trusted anew", async () => {
    await removeLxc(connection, { fleet, node: "user1", vmid: null }, progress());
    await makeLxc("user1", "10.0.6.11");
    expect(await makeAgent("user1", "10.0.6.11")).toEqual({ installed: true, version: "0.1.0" });
  });
});
