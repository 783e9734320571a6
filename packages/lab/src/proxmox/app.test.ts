import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccessControl, accessSchema, controllerTokenId, credentialFiles, ensureCredentials } from "./access.ts";
import { buildApp } from "./app.ts";
import { ensureCertificate } from "./certificate.ts";
import type { ApiContext } from "./context.ts";
import { injectFault } from "./faults.ts";
import { GuestStore } from "./guest-store.ts";
import { TaskRunner } from "./tasks.ts";

let stateDirectory: string;
let app: ReturnType<typeof buildApp>;
let authorization: string;
let context: ApiContext;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "berth-lab-api-"));
  const directory = join(stateDirectory, "proxmox");
  await mkdir(directory);
  const files = await ensureCredentials(directory);
  authorization = `PVEAPIToken=${controllerTokenId}=${await readFile(files.tokenSecretFile, "utf8")}`;
  context = {
    node: "pve",
    stateDirectory,
    access: new AccessControl(files.accessFile),
    guests: new GuestStore("pve", join(directory, "lxc")),
    tasks: new TaskRunner("pve", stateDirectory),
    host: { cgroup: "none", namespace: "none", guestsDirectory: directory, lxcfsDirectory: directory },
    listTemplates: async () => [],
  };
  await context.guests.open();
  await context.tasks.open();
  const { keyFile, certificateFile } = await ensureCertificate(directory, {
    addresses: ["127.0.0.1"],
    dnsNames: ["pve"],
  });
  const identity = { key: await readFile(keyFile, "utf8"), cert: await readFile(certificateFile, "utf8") };
  app = buildApp(context, identity, () => undefined);
});

afterAll(async () => {
  await app.close();
  await rm(stateDirectory, { recursive: true });
});

function request(method: "GET" | "POST" | "DELETE", path: string, payload?: string) {
  return app.inject({
    method,
    url: `/api2/json${path}`,
    headers: {
      authorization,
      ...(payload === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(payload === undefined ? {} : { payload }),
  });
}

describe("an answer", () => {
  it("carries its data, and the content type that proxmox-api compares exactly", async () => {
    const answer = await request("GET", "/cluster/nextid");
    expect(answer.headers["content-type"]).toBe("application/json;charset=UTF-8");
    expect(answer.json()).toEqual({ data: "100" });
  });

  it.each([
    ["GET", "/nodes/other/lxc", 500, /^hostname lookup 'other' failed/],
    ["GET", "/nodes/pve/lxc/110/config", 500, /^Configuration file 'nodes\/pve\/lxc\/110.conf' does not exist$/],
    ["GET", "/nodes/pve/lxc/12/config", 400, /^Parameter verification failed.$/],
    ["GET", "/nodes/pve/storage/none/content", 500, /^storage 'none' does not exist$/],
    ["GET", "/nodes/pve/tasks/none/status", 500, /^unable to parse worker upid 'none'$/],
    ["POST", "/nodes/pve/qemu", 501, /^Method 'POST \/nodes\/pve\/qemu' not implemented$/],
  ] as const)("to %s %s is %i, with its reason in the status line", async (method, path, status, reason) => {
    const answer = await request(method, path);
    expect(answer.statusCode).toBe(status);
    expect(answer.statusMessage).toMatch(reason);
    expect(answer.json()).toMatchObject({ data: null });
  });

  it("names each wrong parameter", async () => {
    const answer = await request("POST", "/nodes/pve/lxc", "vmid=110&cores=many");
    expect(answer.json()).toEqual({
      data: null,
      message: "Parameter verification failed.\n",
      errors: {
        cores: "type check ('integer') failed - got 'many'",
        ostemplate: "property is missing and it is not optional",
      },
    });
  });
});

describe("what the host has", () => {
  const bytes = expect.any(Number);

  it("is told of its memory, and of a storage, as Proxmox VE tells it", async () => {
    const node = await request("GET", "/nodes/pve/status");
    expect(node.json()).toMatchObject({
      data: { memory: { total: bytes, free: bytes, used: bytes }, rootfs: { total: bytes } },
    });
    const storage = await request("GET", "/nodes/pve/storage/local-lvm/status");
    expect(storage.json()).toEqual({
      data: {
        type: "lvmthin",
        content: "rootdir,images",
        active: 1,
        enabled: 1,
        shared: 0,
        total: bytes,
        avail: bytes,
        used: bytes,
      },
    });
    const resources = await request("GET", "/cluster/resources?type=storage");
    expect(resources.json()).toMatchObject({ data: [{ storage: "local" }, { storage: "local-lvm", maxdisk: bytes }] });
  });

  it.each([
    ["/nodes/pve/status", "Sys.Audit", "Permission check failed (/nodes/pve, Sys.Audit)"],
    [
      "/nodes/pve/storage/local-lvm/status",
      "Datastore.",
      "Permission check failed (/storage/local-lvm, Datastore.Audit|Datastore.AllocateSpace)",
    ],
  ])("is not told at %s without %s", async (path, missing, reason) => {
    const { accessFile } = credentialFiles(join(stateDirectory, "proxmox"));
    const content = await readFile(accessFile, "utf8");
    const access = accessSchema.parse(JSON.parse(content));
    for (const entry of access.tokens.flatMap(({ acl }) => acl)) {
      entry.privileges = entry.privileges.filter((privilege) => !privilege.startsWith(missing));
    }
    await writeFile(accessFile, JSON.stringify(access));
    const answer = await request("GET", path);
    await writeFile(accessFile, content);
    expect([answer.statusCode, answer.statusMessage]).toEqual([403, reason]);
  });
});

describe("faults", () => {
  it("happen once, to the request they are meant for", async () => {
    await injectFault(stateDirectory, { kind: "answer", path: "^/nodes$", status: 596, message: "Broken pipe" });
    expect((await request("GET", "/version")).statusCode).toBe(200);
    expect((await request("GET", "/nodes")).statusCode).toBe(596);
    expect((await request("GET", "/nodes")).statusCode).toBe(200);
  });

  it("make a task fail with its error in status and log", async () => {
    await injectFault(stateDirectory, { kind: "fail-task", taskType: "vztest", message: "no luck" });
    const upid = await context.tasks.start({
      type: "vztest",
      id: "110",
      authUser: controllerTokenId,
      work: async () => {},
    });
    expect(upid).toMatch(/^UPID:pve:[\dA-F]{8}:[\dA-F]{8}:[\dA-F]{8}:vztest:110:berth@pve!controller:$/);
    await expect
      .poll(async () => (await request("GET", `/nodes/pve/tasks/${upid}/status`)).json().data)
      .toMatchObject({
        status: "stopped",
        exitstatus: "no luck",
        user: "berth@pve",
        tokenid: "controller",
      });
    expect((await request("GET", `/nodes/pve/tasks/${upid}/log`)).json()).toEqual({
      data: [{ n: 1, t: "TASK ERROR: no luck" }],
      total: 1,
    });
  });
});
