import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openInventory } from "../inventory/open.ts";
import type { Inventory } from "../inventory/database.ts";
import { openSecrets, type Secrets } from "./open.ts";
import { readerTokenRule } from "../plan/secrets.ts";
import { createReaderToken } from "./reader-token.ts";

const name = "berth-routes/token";

let directory: string;
let inventory: Inventory;
let secrets: Secrets;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-token-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  secrets = await openSecrets({ inventory, key: Buffer.alloc(32, 1) });
});
afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
});

test("is made once, and only it is it", async () => {
  const token = createReaderToken(name, secrets);
  expect(token.isToken("")).toBe(false);
  const made = (await token.reveal()).reveal();
  expect(made).toMatch(/^[A-Za-z0-9]{48}$/);
  expect((await createReaderToken(name, secrets).reveal()).reveal()).toBe(made);
  expect(token.isToken(made)).toBe(true);
  for (const wrong of ["", made.slice(1), `${made} `, made.toLowerCase()]) expect(token.isToken(wrong)).toBe(false);
});

test("the one before a rotated one opens the routes for a week, and none of them is in a log", async () => {
  let days = 0;
  const token = createReaderToken(name, secrets, () => Date.now() + days * 86_400_000);
  const rotate = async () => {
    await secrets.rotate(name, readerTokenRule);
    return (await token.reveal()).reveal();
  };
  const first = (await token.reveal()).reveal();
  const second = await rotate();
  expect([token.isToken(first), token.isToken(second)]).toEqual([true, true]);
  const third = await rotate();
  expect([first, second, third].map(token.isToken)).toEqual([false, true, true]);
  days = 7;
  expect([first, second, third].map(token.isToken)).toEqual([false, false, true]);
  expect(secrets.redact(`${first} ${second} ${third}`)).toBe("[REDACTED] [REDACTED] [REDACTED]");
});
