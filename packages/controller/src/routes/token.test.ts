import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openInventory } from "../inventory/open.ts";
import type { Inventory } from "../inventory/database.ts";
import { openSecrets, type Secrets } from "../secrets/open.ts";
import { createRoutesToken } from "./token.ts";

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
  const token = createRoutesToken(secrets);
  expect(token.isToken("")).toBe(false);
  const made = (await token.reveal()).reveal();
  expect(made).toMatch(/^[A-Za-z0-9]{48}$/);
  expect((await createRoutesToken(secrets).reveal()).reveal()).toBe(made);
  expect(token.isToken(made)).toBe(true);
  for (const wrong of ["", made.slice(1), `${made} `, made.toLowerCase()]) expect(token.isToken(wrong)).toBe(false);
});

test("a rotated one takes its place at once, and neither is in a log", async () => {
  const token = createRoutesToken(secrets);
  const former = (await token.reveal()).reveal();
  await secrets.rotate("berth-routes/token", { length: 48 });
  const present = (await token.reveal()).reveal();
  expect([token.isToken(former), token.isToken(present)]).toEqual([false, true]);
  expect(secrets.redact(`${former} ${present}`)).toBe("[REDACTED] [REDACTED]");
});
