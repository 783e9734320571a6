import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";
import { by, TestWorld } from "./test-world.ts";

const n8nKey = "user1-n8n/encryptionKey";
let world: TestWorld;

beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
  expect(world.failures).toEqual([]);
});

describe("a restore", () => {
  test("backs up what is there first, touches nothing before, and proves the backup", async () => {
    const { id } = await world.makeBackup("user1");
    world.done = [];
    const run = await world.ended(await world.control.restore({ of: "user1", backupFirst: true }, by));
    expect(run).toMatchObject({ state: "succeeded", kind: "backup.restore" });
    expect(world.done.filter((operation) => operation.startsWith("create"))).toHaveLength(4);
    expect(world.done.slice(0, 4).every((operation) => operation.startsWith("create"))).toBe(true);
    expect(world.done.slice(4).toSorted()).toEqual(
      ["user1", "user1-flowise", "user1-n8n", "user1-openwebui"].map((subject) => `restore ${subject}`),
    );
    expect((await world.control.get(id)).provenAt).not.toBeNull();
    expect((await world.control.list()).find((backup) => backup.id !== id)).toMatchObject({ reason: "before-restore" });
  });

  test("touches nothing when the backup before it failed", async () => {
    await world.makeBackup("user1");
    [world.failing, world.done] = ["create user1-flowise", []];
    expect((await world.ended(await world.control.restore({ of: "user1", backupFirst: true }, by))).state).toBe(
      "failed",
    );
    expect(world.done.filter((operation) => operation.startsWith("restore"))).toEqual([]);
  });

  test("of one instance takes its part of the tenant's backup, and proves nothing of the rest", async () => {
    const { id } = await world.makeBackup("user1");
    world.done = [];
    await world.ended(await world.control.restore({ of: "user1-n8n", backupFirst: false }, by));
    expect(world.done).toEqual(["restore user1-n8n"]);
    expect((await world.control.get(id)).provenAt).toBeNull();
  });

  test("brings the key back that the data are encrypted with, before the instance runs over them", async () => {
    await world.makeBackup("user1");
    const value = world.secrets.reveal(n8nKey).reveal();
    // As when the tenant was removed and added again.
    await world.secrets.remove("user1-n8n");
    await world.makeSecrets();
    expect(world.secrets.reveal(n8nKey).reveal()).not.toBe(value);
    world.done = [];
    await world.ended(await world.control.restore({ of: "user1-n8n", backupFirst: false }, by));
    expect(world.done).toEqual(["restore user1-n8n", "adopt user1-n8n", "ensure user1-n8n"]);
    expect(world.secrets.reveal(n8nKey).reveal()).toBe(value);
    expect(world.recorded).toHaveLength(1);
  });

  test("that cannot begin leaves the present key", async () => {
    await world.makeBackup("user1");
    await world.secrets.put(n8nKey, new Secret("another-key-than-before"));
    vi.spyOn(world.runner, "start").mockRejectedValueOnce(new BerthError("conflict", "Run 7 is still under way"));
    await expect(world.control.restore({ of: "user1-n8n", backupFirst: false }, by)).rejects.toMatchObject({
      code: "conflict",
    });
    expect(world.secrets.reveal(n8nKey).reveal()).toBe("another-key-than-before");
  });

  test("goes back to the backup of a time or an id, and says when there is none", async () => {
    const { id, createdAt } = await world.makeBackup("user1-n8n");
    const before = new Date(Date.parse(createdAt) - 1000).toISOString();
    const restore = (request: { of: string; at?: string; backup?: string }) =>
      world.control.restore({ backupFirst: false, ...request }, { ...by, dryRun: true });
    const { plan } = await restore({ of: "user1-n8n", at: createdAt });
    expect(plan.operations.at(-1)).toMatchObject({ kind: "backup.restore", input: { backup: id } });
    await expect(restore({ of: "user1-n8n", at: before })).rejects.toThrow(
      "There is no complete backup of user1-n8n of",
    );
    await expect(restore({ of: "user1-n8n", backup: "none" })).rejects.toThrow("There is no backup none");
    await expect(restore({ of: "user1", backup: id })).rejects.toThrow("holds nothing of user1");
  });

  test("of a tenant that was removed says how it comes back; its backups stay listed", async () => {
    await world.makeBackup("user1");
    const { user1: _, ...tenants } = world.fleet.tenants;
    world.fleet = { ...world.fleet, tenants };
    expect(await world.control.list("user1")).toHaveLength(1);
    await expect(world.control.restore({ of: "user1", backupFirst: true }, by)).rejects.toMatchObject({
      code: "not-found",
      hint: expect.stringContaining("berth tenant add user1"),
    });
    const { plan } = await world.control.verify("user1", { ...by, dryRun: true });
    expect(plan.operations.map(({ node }) => node)).toEqual(["shared", "shared"]);
  });

  test("of a tenant leaves what came since, and backs it up with the rest", async () => {
    const { openwebui, ...former } = world.fleet.services.tenant;
    const fleet = world.fleet;
    world.fleet = { ...fleet, services: { ...fleet.services, tenant: former } };
    await world.makeBackup("user1");
    world.fleet = { ...fleet, services: { ...fleet.services, tenant: { ...former, ...(openwebui && { openwebui }) } } };
    world.done = [];
    const change = await world.control.restore({ of: "user1", backupFirst: true }, by);
    expect(change.plan.warnings).toEqual(["user1-openwebui is not in the backup: it stays as it is"]);
    await world.ended(change);
    expect(world.done).toContain("create user1-openwebui");
    expect(world.done).not.toContain("restore user1-openwebui");
  });
});
