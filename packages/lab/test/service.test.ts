/** The controller as a service of its own machine, and a command line on another one: a plain LXC with Berth's folder. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repository } from "../src/demo/controller.ts";
import { waitFor } from "../src/host/wait.ts";
import { labDown, labUp } from "../src/lab.ts";
import { tryInNamespace } from "../src/network/namespace.ts";
import type { Lab } from "../src/state.ts";
import { guestAt, type Guest } from "./fleet/guest.ts";
import { makePlainGuest } from "./plain-guest.ts";
import { ProxmoxClient } from "./proxmox-client.ts";
import { SshKey } from "./ssh.ts";

const name = "servicetest";
const address = "10.0.6.20";
const url = `https://${address}:8421`;
const folder = "/opt/berth";
/** What a folder that was cloned and built has. */
const entries = ["berth", "package.json", "pnpm-lock.yaml", "tsconfig.base.json", "node_modules", "packages"];

let lab: Lab;
let client: ProxmoxClient;
let key: SshKey;
let guest: Guest;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "berth-home-"));
  lab = await labUp({ name, withPlainTemplate: true });
  key = await SshKey.create();
  client = ProxmoxClient.start(lab, "token");
  await makePlainGuest(lab, client, key, { vmid: 120, hostname: "controller", address });
  guest = await guestAt(lab, address);
  const target = join(await guest.root(), folder);
  await mkdir(join(target, ".toolchain"), { recursive: true });
  for (const entry of entries) {
    const options = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true } as const;
    await cp(join(repository, entry), join(target, entry), options);
  }
  // Nothing to build it with is in reach.
  await writeFile(join(target, ".toolchain/built"), "");
});

afterAll(async () => {
  await client?.stop();
  await key?.remove();
  await labDown({ name });
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<void> {
  expect(await client.perform("POST", "/nodes/pve/lxc/120/status/start")).toBe("OK");
  await key.waitForLogin(lab, address);
  guest = await guestAt(lab, address);
}

/** On the controller's machine. */
const berth = (...parameters: string[]) => guest.try([`${folder}/berth`, ...parameters], { deadlineMs: 120_000 });

/** On a machine beside it. */
const elsewhere = (...parameters: string[]) =>
  tryInNamespace(lab.namespace, ["env", `HOME=${home}`, join(repository, "berth"), ...parameters], {
    deadlineMs: 120_000,
  });

const journal = () => guest.run(["journalctl", "--unit", "berth", "--output", "cat", "--no-pager"]);

async function untilAnswering(): Promise<void> {
  await waitFor({
    what: "The controller",
    deadlineMs: 120_000,
    intervalMs: 300,
    check: async () => ((await berth("status")).exitCode === 0 ? true : undefined),
  });
}

describe("serve --install", () => {
  it("refuses a folder that the service could not enter", async () => {
    await guest.run(["install", "--directory", "--mode", "700", "--owner", "nobody", "/home/alice"]);
    await guest.run(["ln", "--symbolic", folder, "/home/alice/berth"]);
    const refused = await berth("serve", "--install", "--state", "/home/alice/state");
    expect(refused).toMatchObject({ exitCode: 5, stderr: expect.stringContaining("could not enter /home/alice,") });
    expect((await guest.try(["systemctl", "cat", "berth"])).exitCode).not.toBe(0);
  });

  it("says what keeps the service from starting", async () => {
    const ssh = await berth("serve", "--install", "--agents", "0.0.0.0:22");
    expect(ssh).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining("0.0.0.0:22 is taken by another program."),
    });
  });

  it("returns once the controller answers, and does so again", async () => {
    for (const _ of ["first", "second"]) {
      expect(await berth("serve", "--install")).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("berth.service is installed and runs."),
      });
      expect(await berth("status")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("No fleet yet.") });
    }
  });

  it("comes back after kill -9 and after a restart of the machine", async () => {
    await guest.run(["systemctl", "kill", "--signal=SIGKILL", "berth"]);
    await untilAnswering();
    expect(await client.perform("POST", "/nodes/pve/lxc/120/status/stop")).toBe("OK");
    await start();
    await untilAnswering();
  });
});

describe("a command line on another machine", () => {
  const password = "correct horse battery";
  let passwordFile: string;
  let login: string[];

  beforeAll(async () => {
    passwordFile = join(home, "password");
    await writeFile(passwordFile, password, { mode: 0o600 });
    login = ["login", url, "--name", "anna", "--password-file", passwordFile];
    await writeFile(join(await guest.root(), "root/password"), password, { mode: 0o600 });
    const made = await berth("account", "set", "anna", "--role", "admin", "--password-file", "/root/password");
    expect(made).toMatchObject({ exitCode: 0 });
  });

  it("trusts no certificate by itself, and says which fingerprint to compare with the controller's log", async () => {
    const { exitCode, stderr } = await elsewhere(...login);
    expect(exitCode).toBe(5);
    const [fingerprint = "none"] = /([0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(stderr) ?? [];
    expect(await journal()).toContain(fingerprint);
    expect(await elsewhere(...login, "--fingerprint", fingerprint)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`Logged in to ${url} as anna (admin)`),
    });
  });

  it("then works as on the controller's own, until it logs out", async () => {
    expect(await elsewhere("status")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("No fleet yet.") });
    expect((await elsewhere("logout")).exitCode).toBe(0);
    expect((await elsewhere("status", "--controller", url)).exitCode).toBe(5);
  });
});

describe("serve --uninstall", () => {
  it("takes the service away and keeps the state", async () => {
    expect((await berth("serve", "--uninstall")).exitCode).toBe(0);
    expect((await guest.try(["systemctl", "cat", "berth"])).exitCode).not.toBe(0);
    expect((await guest.try(["test", "-e", "/var/lib/berth/inventory.sqlite"])).exitCode).toBe(0);
    expect(await berth("serve", "--uninstall")).toMatchObject({
      exitCode: 0,
      stdout: "berth.service was not installed.",
    });
  });
});
