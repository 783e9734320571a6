import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AccessControl,
  Caller,
  controllerPrivileges,
  controllerTokenId,
  type CredentialFiles,
  ensureCredentials,
} from "./access.ts";

let directory: string;
let files: CredentialFiles;
let access: AccessControl;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-lab-access-"));
  files = await ensureCredentials(directory);
  access = new AccessControl(files.accessFile);
});

afterAll(() => rm(directory, { recursive: true }));

const nobody = { method: "GET", authorization: undefined, cookie: undefined, csrfToken: undefined };

describe("an API token", () => {
  it("is a lowercase UUID, as the client demands, and stays the same", async () => {
    const secret = await readFile(files.tokenSecretFile, "utf8");
    expect(secret).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    await ensureCredentials(directory);
    expect(await readFile(files.tokenSecretFile, "utf8")).toBe(secret);
  });

  it("says who asks, unless its secret is wrong or it is not known", async () => {
    const secret = await readFile(files.tokenSecretFile, "utf8");
    const authorization = `PVEAPIToken=${controllerTokenId}=${secret}`;
    expect((await access.authenticate({ ...nobody, method: "POST", authorization })).authUser).toBe(controllerTokenId);
    const wrong = `PVEAPIToken=${controllerTokenId}=${secret.replaceAll(/[\da-f]/g, "0")}`;
    await expect(access.authenticate({ ...nobody, authorization: wrong })).rejects.toThrow("invalid token value!");
    const unknown = `PVEAPIToken=a@pve!b=${secret}`;
    await expect(access.authenticate({ ...nobody, authorization: unknown })).rejects.toThrow(
      "no such token 'b' for user 'a@pve'",
    );
    await expect(access.authenticate(nobody)).rejects.toThrow("No ticket");
  });
});

describe("a ticket", () => {
  it("costs the password, and its writes the CSRF token", async () => {
    await expect(access.login("root@pam", "guess")).rejects.toThrow("authentication failure");
    const { ticket, csrfToken } = await access.login("root@pam", await readFile(files.rootPasswordFile, "utf8"));
    const cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
    expect((await access.authenticate({ ...nobody, cookie })).isRoot).toBe(true);
    expect((await access.authenticate({ ...nobody, method: "POST", cookie, csrfToken })).isRoot).toBe(true);
    await expect(access.authenticate({ ...nobody, method: "POST", cookie })).rejects.toThrow("invalid csrf token");
    await expect(access.authenticate({ ...nobody, cookie: `${cookie}x` })).rejects.toThrow("invalid PVE ticket");
  });
});

describe("privileges", () => {
  it("of the controller's token are those that the guide has a user give it", async () => {
    const guide = await readFile(new URL("../../../../docs/proxmox.md", import.meta.url), "utf8");
    const given = /pveum role add Berth -privs "([^"]+)"/.exec(guide)?.[1]?.split(" ");
    expect(given?.toSorted()).toEqual(controllerPrivileges.toSorted());
  });

  it("count on everything below their path, and nowhere else", () => {
    const caller = new Caller("a@pve!b", [{ path: "/vms", privileges: ["VM.Audit"] }]);
    expect(caller.may("/vms/110", "VM.Audit")).toBe(true);
    expect(caller.may("/vmsx", "VM.Audit")).toBe(false);
    expect(() => caller.require("/storage/local", "Datastore.Audit", "Datastore.AllocateSpace")).toThrow(
      "Permission check failed (/storage/local, Datastore.Audit|Datastore.AllocateSpace)",
    );
  });
});
