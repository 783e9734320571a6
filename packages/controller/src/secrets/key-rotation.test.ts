import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { prepareKey } from "./key-rotation.ts";
import { openSecrets, type Secrets } from "./open.ts";

const names = Array.from({ length: 30 }, (_, index) => `user${index}-n8n/database`);
let directory: string;
let inventory: Inventory;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-keys-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

const keyFile = () => join(directory, "secret.key");
const open = () => openSecrets({ inventory, key: { stateDirectory: directory } });
const keyFiles = () => readdirSync(directory).filter((name) => name.startsWith("secret.key"));
const valuesOf = (secrets: Secrets) => names.map((name) => secrets.reveal(name).reveal());

async function fill(): Promise<Secrets> {
  const secrets = await open();
  for (const name of names) await secrets.ensure(name);
  return secrets;
}

describe("another key", () => {
  test("opens everything from then on, and what comes after; the old one opens nothing", async () => {
    const secrets = await fill();
    const before = valuesOf(secrets);
    const old = readFileSync(keyFile(), "utf8");
    expect(await secrets.rotateKey()).toBe(names.length);
    await secrets.rotate("user1-n8n/database");
    expect(keyFiles()).toEqual(["secret.key"]);
    expect(readFileSync(keyFile(), "utf8")).not.toBe(old);
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    const again = await open();
    expect(valuesOf(again).filter((value, index) => value === before[index])).toHaveLength(names.length - 1);
    writeFileSync(keyFile(), old);
    await expect(open()).rejects.toMatchObject({ code: "secrets.locked" });
  });

  test("keeps a version that was taken back as such", async () => {
    const secrets = await fill();
    await secrets.discard(await secrets.rotate("user1-n8n/database"));
    await secrets.rotateKey();
    expect((await open()).version("user1-n8n/database")).toBe(1);
  });

  test("takes the place of the file that the environment names, through a link", async () => {
    const elsewhere = join(directory, "elsewhere.key");
    writeFileSync(elsewhere, randomBytes(32).toString("base64"), { mode: 0o600 });
    const key = { stateDirectory: directory, environment: { BERTH_SECRET_KEY_FILE: elsewhere } };
    const secrets = await openSecrets({ inventory, key });
    await secrets.ensure("user1-n8n/database");
    await secrets.rotateKey();
    expect((await openSecrets({ inventory, key })).version("user1-n8n/database")).toBe(1);
    expect(existsSync(keyFile())).toBe(false);
  });

  test("cannot be had where the environment holds the key itself", async () => {
    const environment = { BERTH_SECRET_KEY: randomBytes(32).toString("hex") };
    const secrets = await openSecrets({ inventory, key: { stateDirectory: directory, environment } });
    await expect(secrets.rotateKey()).rejects.toMatchObject({ code: "conflict" });
  });

  test("waits for what is being generated, and what is generated waits for it", async () => {
    const secrets = await fill();
    await Promise.all([
      ...names.map((name) => secrets.rotate(name)),
      secrets.rotateKey(),
      ...names.map((name) => secrets.rotate(name)),
    ]);
    expect(valuesOf(await open())).toEqual(valuesOf(secrets));
  });
});

describe("stopped on the way, the next start goes on", () => {
  test("with the old key, when nothing was encrypted with the new one", async () => {
    const before = valuesOf(await fill());
    const old = readFileSync(keyFile(), "utf8");
    prepareKey(keyFile());
    expect(keyFiles()).toEqual(["secret.key", "secret.key.new", "secret.key.old"]);
    expect(valuesOf(await open())).toEqual(before);
    expect([readFileSync(keyFile(), "utf8"), keyFiles()]).toEqual([old, ["secret.key"]]);
  });

  test("with the new key, when everything was", async () => {
    const secrets = await fill();
    const old = readFileSync(keyFile(), "utf8");
    await secrets.rotateKey();
    // As it lies there between the transaction and the renaming.
    renameSync(keyFile(), `${keyFile()}.new`);
    for (const file of [keyFile(), `${keyFile()}.old`]) writeFileSync(file, old, { mode: 0o600 });
    expect(valuesOf(await open())).toEqual(valuesOf(secrets));
    expect(keyFiles()).toEqual(["secret.key"]);
  });

  test("with nothing thrown away, when neither opens the secrets", async () => {
    await fill();
    writeFileSync(keyFile(), randomBytes(32).toString("hex"));
    prepareKey(keyFile());
    await expect(open()).rejects.toMatchObject({ code: "secrets.locked" });
    expect(keyFiles()).toEqual(["secret.key", "secret.key.old"]);
  });
});

/** Rotates the key over and over until it is killed after that time; gives how often it did. */
async function rotateAndKill(milliseconds: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "crash-child.ts"), directory], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  let [complaints, rotations] = ["", 0];
  child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  child.stdout.on("data", (data: Buffer) => (rotations += data.length));
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  await exited;
  clearTimeout(timer);
  if (child.signalCode !== "SIGKILL") throw new Error(complaints);
  return rotations;
}

test("kill -9 at random moments: every secret is there after each, with one key", async () => {
  const before = valuesOf(await fill());
  await inventory.close();
  let rotations = 0;
  for (let kills = 0; kills < 12; kills += 1) {
    rotations += await rotateAndKill(Math.random() * 120);
    inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
    expect(valuesOf(await open())).toEqual(before);
    expect(keyFiles()).toEqual(["secret.key"]);
    await inventory.close();
  }
  expect(rotations).toBeGreaterThan(0);
}, 120_000);
