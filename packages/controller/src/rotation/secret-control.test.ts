import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { catalog } from "@berth/shared/catalog/index";
import type { Fleet } from "@berth/shared/fleet/schema";
import { Secret } from "@berth/shared/secret";
import { createFleetStore } from "../apply/fleet-store.ts";
import { recordFleet } from "../apply/record.ts";
import type { Inventory } from "../inventory/database.ts";
import { listEvents } from "../inventory/events.ts";
import { openInventory } from "../inventory/open.ts";
import { desiredState } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import { openSecrets, type Secrets } from "../secrets/open.ts";
import { generatePrivateKey, parsePrivateKey } from "../provision/ssh/key.ts";
import { createRotation } from "./rotation.ts";
import { createSecretControl, type SecretControl } from "./secret-control.ts";

const yaml = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
let directory: string;
let inventory: Inventory;
let secrets: Secrets;
let control: SecretControl;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-secret-control-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  secrets = await openSecrets({ inventory, key: { stateDirectory: directory } });
  const store = createFleetStore(inventory.database, catalog);
  const desired = (fleet: Fleet) =>
    desiredState(fleet, { ...desiredOptions, secretVersion: (name) => secrets.version(name) ?? 1 });
  const startRun = () => Promise.reject(new Error("no run is expected"));
  const rotation = createRotation({ inventory, store, secrets, desired, startRun, exclusively: (work) => work() });
  control = createSecretControl({ inventory, store, secrets, rotation, desired, catalogOf: () => catalog });
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

async function applyExample(): Promise<void> {
  const store = createFleetStore(inventory.database, catalog);
  const fleet = store.parse(yaml, "fleet.yaml");
  const desired = desiredState(fleet, desiredOptions);
  for (const need of desired.secrets) if ("generated" in need) await secrets.ensure(need.name, need.generated);
  const record = { file: "fleet.yaml", yaml, account: "anna", fleet, desired };
  await inventory.database.transaction().execute((transaction) => recordFleet(transaction, record));
}

const events = async () => (await listEvents(inventory.database)).map(({ kind, message }) => `${kind}: ${message}`);
const set = (name: string, value: string, force = false) =>
  control.set(name, new Secret(value), { force, account: "anna" });

describe("the list", () => {
  test("tells what uses each secret and how it is rotated, without a value", async () => {
    await applyExample();
    const all = await control.list();
    expect(all.find(({ name }) => name === "user1-n8n/database")).toEqual({
      name: "user1-n8n/database",
      version: 1,
      createdAt: expect.any(String),
      kept: 1,
      usedBy: ["user1-n8n"],
      rotation: "login",
      note: null,
    });
    const values = secrets.list().map(({ name }) => secrets.reveal(name).reveal());
    for (const value of values) expect(JSON.stringify(all)).not.toContain(value);
  });

  test("of a tenant has its instances', of an instance its own", async () => {
    await applyExample();
    const scopes = async (of: string) => new Set((await control.list(of)).map(({ name }) => name.split("/")[0]));
    expect(await scopes("user1-n8n")).toEqual(new Set(["user1-n8n"]));
    const ofTenant = await scopes("user1");
    expect([...ofTenant]).toEqual(expect.arrayContaining(["user1-flowise", "user1-n8n", "user1-openwebui"]));
    expect([...ofTenant].filter((scope) => !/^user1(?:-|$)/.test(scope ?? ""))).toEqual([]);
    await expect(control.list("user")).rejects.toMatchObject({ code: "not-found" });
  });
});

test("whoever looks at a value is recorded, and the event has none", async () => {
  await applyExample();
  const { version, value } = await control.reveal("user1-n8n/database", "anna");
  expect([version, value.reveal()]).toEqual([1, secrets.reveal("user1-n8n/database").reveal()]);
  expect(await events()).toEqual(["secret.revealed: anna looked at the value of user1-n8n/database (version 1)"]);
  await expect(control.reveal("user1-n8n/nothing", "anna")).rejects.toMatchObject({ code: "not-found" });
  expect(await events()).toHaveLength(1);
});

describe("a value from elsewhere", () => {
  test("is taken before there is a fleet, and used by the instance that comes", async () => {
    expect(await set("user1-n8n/encryptionKey", "the key of our old n8n")).toEqual({
      version: 1,
      changed: true,
      usedBy: [],
    });
    await applyExample();
    expect(secrets.reveal("user1-n8n/encryptionKey").reveal()).toBe("the key of our old n8n");
    expect(await set("user1-n8n/encryptionKey", "the key of our old n8n")).toMatchObject({ changed: false });
    expect(await events()).toEqual(["secret.set: anna gave user1-n8n/encryptionKey a value (version 1)"]);
  });

  test("does not replace what data are encrypted with, unless that is meant", async () => {
    await applyExample();
    await expect(set("user1-n8n/encryptionKey", "another key altogether")).rejects.toMatchObject({
      code: "conflict",
      message: "user1-n8n/encryptionKey has a value already, and the credentials in its database are encrypted with it",
    });
    expect(secrets.version("user1-n8n/encryptionKey")).toBe(1);
    expect(await set("user1-n8n/encryptionKey", "another key altogether", true)).toMatchObject({ version: 2 });
  });

  test("is the private key of the backup target as a file has it, if it can be used", async () => {
    const key = await generatePrivateKey();
    await set("backup/sftpKey", `${key.trim().replaceAll("\n", "\r\n")}\r\n`);
    expect(secrets.reveal("backup/sftpKey").reveal()).toBe(key.trim());
    const { publicKey } = parsePrivateKey(new Secret(key), "It");
    const encrypted = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----";
    for (const value of [publicKey, encrypted, "a password of sorts"])
      await expect(set("backup/sftpKey", value)).rejects.toMatchObject({
        code: "request.invalid",
        message: expect.stringContaining("The value is no private SSH key that can be used"),
        hint: expect.stringContaining("without a passphrase"),
      });
    expect(secrets.version("backup/sftpKey")).toBe(1);
  });

  test.each([
    ["shared-postgres/superuserPassword", "long enough", "is read when the data are first made alone"],
    ["user1-n8n/database", "with/special+characters", "stands in connection strings"],
    ["user1/openrouterKey", "sk-or-v1-0123456789", "is a key of a tenant"],
    ["berth-routes/token", "0123456789", "belongs to Berth itself"],
  ])("%s is refused", async (name, value, why) => {
    await applyExample();
    await expect(set(name, value)).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining(why) });
    expect(await events()).toEqual([]);
  });

  test.each([
    ["user1-n8n/jwtSecret", "two\nlines of it", "The value has a line break in it"],
    ["user1-n8n/jwtSecret", "a\nb", "The value has a line break in it"],
    ["user1", "long enough", "'user1' is not the name of a secret"],
    ["nonsense", "long enough", "'nonsense' is not the name of a secret"],
  ])("%s with %j gets one sentence", async (name, value, message) => {
    await applyExample();
    await expect(set(name, value)).rejects.toMatchObject({ code: "request.invalid", message });
  });
});

describe("a name that nothing in the fleet has", () => {
  test.each([
    [
      "user1-n8n/encryptionkey",
      "There is no secret user1-n8n/encryptionkey",
      /^user1-n8n has database, encryptionKey, /,
    ],
    ["user1/openRouterKey", "There is no secret user1/openRouterKey", /^user1 has /],
    ["user9-n8n/encryptionkey", "There is no secret user9-n8n/encryptionkey", /encryptionKey/],
    ["user1-nn/password", "There is no instance 'user1-nn', and no service that would make one", /berth catalog list/],
    [
      "user1-redis/password",
      "There is no instance 'user1-redis', and no service that would make one",
      /shared-SERVICE/,
    ],
  ])("%s is refused", async (name, message, hint) => {
    await applyExample();
    await expect(set(name, "long enough")).rejects.toMatchObject({
      code: "not-found",
      message,
      hint: expect.stringMatching(hint),
    });
    expect(await events()).toEqual([]);
  });

  test.each(["user9-n8n/encryptionKey", "user9-n8n/database", "user1-n8n/jwtSecret"])(
    "is not %s: its instance may come, or is there",
    async (name) => {
      await applyExample();
      expect(await set(name, "long-enough")).toMatchObject({ changed: true });
    },
  );
});

test("another key for all secrets is an event, too", async () => {
  await applyExample();
  expect(await control.rotateKey("anna")).toBe(secrets.list().length);
  expect(await events()).toEqual(["secret.key-rotated: anna had every secret encrypted with a new key"]);
});
