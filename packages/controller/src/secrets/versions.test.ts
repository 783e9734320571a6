/** Versions that come, go, and are given by people. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secret } from "@berth/shared/secret";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { openSecrets } from "./open.ts";

const name = "user1-n8n/database";
const key = randomBytes(32);
let directory: string;
let inventory: Inventory;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-secrets-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

const open = () => openSecrets({ inventory, key });

describe("a version that is taken back", () => {
  test("leaves the one before, and its number is given to no other value, restarts included", async () => {
    const secrets = await open();
    await secrets.ensure(name);
    const first = secrets.reveal(name).reveal();
    const second = await secrets.rotate(name);
    const taken = secrets.reveal(name).reveal();
    await secrets.discard(second);
    await secrets.discard(second);
    for (const now of [secrets, await open()]) {
      expect(now.version(name)).toBe(1);
      expect(now.nextVersion(name)).toBe(3);
      expect(now.reveal(name).reveal()).toBe(first);
      expect(() => now.reveal(name, 2)).toThrow(`There is no secret ${name} in version 2`);
      expect(now.redact(taken)).toBe(taken);
    }
    expect(await (await open()).rotate(name)).toEqual({ name, version: 3 });
  });

  test("is not one that was followed by another", async () => {
    const secrets = await open();
    await secrets.ensure(name);
    await secrets.rotate(name);
    await secrets.discard({ name, version: 1 });
    expect(secrets.earlier(name)).toHaveLength(1);
    expect(secrets.version(name)).toBe(2);
  });

  test("that was the only one leaves a secret that is generated anew", async () => {
    const secrets = await open();
    await secrets.discard(await secrets.ensure(name));
    expect(secrets.version(name)).toBeNull();
    expect(secrets.list()).toEqual([]);
    expect(await secrets.ensure(name)).toEqual({ name, version: 2 });
  });
});

test("rotating to a version is done once, and only to the next", async () => {
  const secrets = await open();
  await secrets.ensure(name);
  await Promise.all([1, 2, 3].map(() => secrets.rotateTo({ name, version: 2 }, { length: 40 })));
  expect(secrets.reveal(name).reveal()).toHaveLength(40);
  await expect(secrets.rotateTo({ name, version: 4 })).rejects.toMatchObject({ code: "conflict" });
  await secrets.discard({ name, version: 2 });
  await expect(secrets.rotateTo({ name, version: 2 })).rejects.toThrow("has had a version 2 already");
});

test("a value is stored as exactly the version that was told, once, however often it is asked for", async () => {
  const secrets = await open();
  const [value, other] = [new Secret("the key of the data"), new Secret("another key")];
  expect(await secrets.putAs({ name, version: 1 }, value)).toEqual({ name, version: 1 });
  await secrets.putAs({ name, version: 1 }, value);
  expect(secrets.nextVersion(name)).toBe(2);
  await expect(secrets.putAs({ name, version: 1 }, other)).rejects.toMatchObject({ code: "conflict" });
  // The same value, yet not the version that what refers to it expects.
  expect(await secrets.putAs({ name, version: 2 }, value)).toEqual({ name, version: 2 });
  await expect(secrets.putAs({ name, version: 5 }, other)).rejects.toThrow("has had a version 5 already");
});

test("earlier values come the latest first, without what was taken back", async () => {
  const secrets = await open();
  const values: string[] = [];
  for (let version = 1; version <= 3; version += 1) {
    await secrets.rotate(name);
    values.unshift(secrets.reveal(name).reveal());
  }
  await secrets.discard({ name, version: 3 });
  expect(secrets.earlier(name).map((secret) => secret.reveal())).toEqual(values.slice(2));
});

test("the list tells of each secret what is no secret", async () => {
  const secrets = await open();
  await secrets.rotate(name);
  await secrets.rotate(name);
  await secrets.ensure("user1-n8n/jwtSecret");
  expect(secrets.list()).toEqual([
    { name, version: 2, kept: 2, createdAt: expect.stringMatching(/^\d{4}-/) },
    { name: "user1-n8n/jwtSecret", version: 1, kept: 1, createdAt: expect.any(String) },
  ]);
  expect(JSON.stringify(secrets.list())).not.toContain(secrets.reveal(name).reveal());
});

test.each([
  ["", "is empty"],
  ["with a\nline break", "has a line break in it"],
  ["with a\rline break", "has a line break in it"],
  ["with a\u0000zero", "holds characters other than printable ASCII"],
  ["with a\ttab stop", "holds characters other than printable ASCII"],
  ["mit Umläuten", "holds characters other than printable ASCII"],
  [" with a space", "begins or ends with a space"],
  ["short", "is shorter than 8 characters"],
  ["x".repeat(5000), "is longer than 4096 characters"],
])("%j is refused with one sentence, and nothing is stored", async (value, why) => {
  const secrets = await open();
  await expect(secrets.import(name, new Secret(value))).rejects.toMatchObject({
    code: "request.invalid",
    message: `The value ${why}`,
  });
  expect(secrets.version(name)).toBeNull();
});

test("a value that a person gives is the next version, once", async () => {
  const secrets = await open();
  await secrets.ensure(name);
  expect(await secrets.import(name, new Secret("given by a person"))).toEqual({ name, version: 2 });
  expect(await secrets.import(name, new Secret("given by a person"))).toEqual({ name, version: 2 });
});
