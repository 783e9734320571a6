import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secret } from "@berth/shared/secret";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { generateSecret } from "./generate.ts";
import { loadSecretKey } from "./key.ts";
import { openSecrets } from "./open.ts";

let directory: string;
let inventory: Inventory;
const key = randomBytes(32);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-secrets-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

describe("secrets", () => {
  test("are generated once, whoever asks at the same time", async () => {
    const secrets = await openSecrets({ inventory, key });
    expect(secrets.version("user1-n8n/encryptionKey")).toBeNull();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => secrets.ensure("user1-n8n/encryptionKey", { length: 40 })),
    );
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set([1]));
    expect(secrets.reveal("user1-n8n/encryptionKey").reveal()).toMatch(/^[A-Za-z0-9]{40}$/);
  });

  test("survive a restart, and stand nowhere in the file as they are", async () => {
    const secrets = await openSecrets({ inventory, key });
    await secrets.ensure("user1-n8n/database");
    const value = secrets.reveal("user1-n8n/database").reveal();
    const again = await openSecrets({ inventory, key });
    expect(again.reveal("user1-n8n/database").reveal()).toBe(value);
    await sql`pragma wal_checkpoint(truncate)`.execute(inventory.database);
    const file = readFileSync(inventory.file);
    expect(file.includes("user1-n8n/database")).toBe(true);
    expect(file.includes(value)).toBe(false);
  });

  test("rotating gives the next version and keeps the one before", async () => {
    const secrets = await openSecrets({ inventory, key });
    await secrets.ensure("user1-n8n/database");
    const before = secrets.reveal("user1-n8n/database").reveal();
    expect(await secrets.rotate("user1-n8n/database")).toEqual({ name: "user1-n8n/database", version: 2 });
    expect(secrets.version("user1-n8n/database")).toBe(2);
    expect(secrets.versions()).toEqual(new Map([["user1-n8n/database", 2]]));
    expect(secrets.reveal("user1-n8n/database", 1).reveal()).toBe(before);
    expect(secrets.reveal("user1-n8n/database").reveal()).not.toBe(before);
  });

  test("a value from elsewhere gets a new version only when it is another", async () => {
    const secrets = await openSecrets({ inventory, key });
    await secrets.put("shared-s3/accessKey", new Secret("given from elsewhere"));
    expect((await secrets.put("shared-s3/accessKey", new Secret("given from elsewhere"))).version).toBe(1);
    expect((await secrets.put("shared-s3/accessKey", new Secret("another one given"))).version).toBe(2);
  });

  test("removing takes one instance's, not those of a name that begins alike", async () => {
    const secrets = await openSecrets({ inventory, key });
    await secrets.ensure("user1-n8n/database");
    await secrets.ensure("user1-n8n/encryptionKey");
    await secrets.ensure("user1-n8n2/database");
    expect(await secrets.remove("user1-n8n")).toBe(2);
    const again = await openSecrets({ inventory, key });
    expect(again.version("user1-n8n/database")).toBeNull();
    expect(again.version("user1-n8n2/database")).toBe(1);
    expect(() => again.reveal("user1-n8n/database")).toThrow("no secret user1-n8n/database");
  });

  test("a wrong key is refused at start", async () => {
    await openSecrets({ inventory, key });
    await expect(openSecrets({ inventory, key: randomBytes(32) })).rejects.toMatchObject({ code: "secrets.locked" });
  });

  test("a ciphertext put under another name is refused", async () => {
    const secrets = await openSecrets({ inventory, key });
    await secrets.ensure("user1-n8n/database");
    await inventory.database
      .updateTable("secrets")
      .set({ name: "user2-n8n/database" })
      .where("name", "=", "user1-n8n/database")
      .execute();
    await expect(openSecrets({ inventory, key })).rejects.toThrow("user2-n8n/database (version 1) was altered");
  });

  test("never show in printed values, and are taken out of texts", async () => {
    const secrets = await openSecrets({ inventory, key });
    await secrets.ensure("user1-n8n/database");
    const secret = secrets.reveal("user1-n8n/database");
    const basic = Buffer.from(secret.reveal()).toString("base64");
    expect(inspect({ secret }) + JSON.stringify({ secret })).not.toContain(secret.reveal());
    expect(secrets.redact(`postgres://u:${secret.reveal()}@host and ${basic}`)).not.toMatch(
      new RegExp(`${secret.reveal()}|${basic.slice(0, 40)}`),
    );
    expect(secrets.redact("nothing to hide")).toBe("nothing to hide");
    await secrets.rotate("user1-n8n/database");
    expect(secrets.redact(secrets.reveal("user1-n8n/database").reveal())).toBe("[REDACTED]");
  });

  test.each(["", "noslash", "../x/y", "a/b/c", "user1-n8n/ x", "berth/keyCheck"])("'%s' is no name", async (name) => {
    const secrets = await openSecrets({ inventory, key });
    await expect(secrets.ensure(name)).rejects.toMatchObject({ code: "request.invalid" });
  });
});

describe("the key", () => {
  test("is made once, private, and read again", () => {
    const first = loadSecretKey({ stateDirectory: directory });
    expect(first).toHaveLength(32);
    expect(statSync(join(directory, "secret.key")).mode & 0o777).toBe(0o600);
    expect(loadSecretKey({ stateDirectory: directory })).toEqual(first);
  });

  test("is refused when others can read it", () => {
    loadSecretKey({ stateDirectory: directory });
    chmodSync(join(directory, "secret.key"), 0o640);
    expect(() => loadSecretKey({ stateDirectory: directory })).toThrow("readable by others");
  });

  test("comes from the environment as hex or base64, or from the file it names", () => {
    const file = join(directory, "elsewhere.key");
    writeFileSync(file, key.toString("base64"), { mode: 0o600 });
    for (const environment of [
      { BERTH_SECRET_KEY: key.toString("hex") },
      { BERTH_SECRET_KEY: key.toString("base64") },
      { BERTH_SECRET_KEY_FILE: file },
    ]) {
      expect(loadSecretKey({ stateDirectory: directory, environment })).toEqual(key);
    }
  });

  test("of another length is refused", () => {
    const environment = { BERTH_SECRET_KEY: "too short" };
    expect(() => loadSecretKey({ stateDirectory: directory, environment })).toThrow("BERTH_SECRET_KEY does not hold");
  });

  test("that is gone is not made anew when there are secrets", async () => {
    const source = { stateDirectory: directory };
    await openSecrets({ inventory, key: source });
    rmSync(join(directory, "secret.key"));
    await expect(openSecrets({ inventory, key: source })).rejects.toMatchObject({ code: "secrets.locked" });
    expect(statSync(join(directory, "secret.key"), { throwIfNoEntry: false })).toBeUndefined();
  });
});

test("generated values keep to their alphabet and use all of it evenly", () => {
  const counts = new Map<string, number>();
  const drawn = 20_000;
  for (let done = 0; done < drawn; done += 100) {
    for (const character of generateSecret({ length: 100, alphabet: "hex" })) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
  }
  expect([...counts.keys()].toSorted().join("")).toBe("0123456789abcdef");
  // Chi squared with 15 degrees of freedom exceeds 60 once in millions of draws.
  const expected = drawn / 16;
  expect([...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(60);
});
