import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "@berth/shared/api/accounts";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { createAccounts, type Accounts } from "./accounts.ts";

const hour = 3600_000;
const day = 24 * hour;
const password = "correct horse battery";
const root: Account = { name: "local", role: "admin", tenant: null };
const anna: Account = { name: "anna", role: "operator", tenant: null };
const vera: Account = { name: "vera", role: "viewer", tenant: null };

let directory: string;
let inventory: Inventory;
let accounts: Accounts;
let clock: number;

beforeEach(async () => {
  clock = Date.parse("2026-11-24T00:00:00Z");
  directory = mkdtempSync(join(tmpdir(), "berth-access-tokens-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  accounts = createAccounts({ inventory, clock: () => clock, passwordCost: { N: 1024, r: 8, p: 1 } });
  await accounts.set({ name: "anna", role: "operator", password });
  await accounts.set({ name: "vera", role: "viewer", password });
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

function create(by: Account, changes: Partial<Parameters<Accounts["accessTokens"]["create"]>[0]> = {}) {
  return accounts.accessTokens.create({ name: "ci", days: 30, ...changes }, by);
}

describe("a token", () => {
  test("lets its account in until it ends, with the role that it was given", async () => {
    const { token, ...made } = await create(anna, { role: "viewer" });
    expect(token).toMatch(/^berth_pat_[\w-]{43}$/);
    expect(made).toMatchObject({ account: "anna", name: "ci", role: "viewer", usedAt: null });
    expect(await accounts.authenticate(token)).toEqual({ ...anna, role: "viewer" });
    expect(await accounts.authenticate(`${token}x`)).toBeNull();
    clock += 30 * day;
    expect(await accounts.authenticate(token)).toBeNull();
  });

  test("has the account's role when none is asked for, and never more than the account has left", async () => {
    const { token, role } = await create(anna);
    expect(role).toBe("operator");
    await accounts.set({ name: "anna", role: "viewer" });
    expect(await accounts.authenticate(token)).toEqual({ ...anna, role: "viewer" });
    await accounts.set({ name: "anna", role: "admin" });
    expect(await accounts.authenticate(token)).toEqual(anna);
  });

  test("ends with its account, with the account's new password, and when it is removed", async () => {
    const tokens = await Promise.all([create(anna), create(vera), create(anna, { name: "other" })]);
    await accounts.accessTokens.remove({ account: "anna", name: "other" }, anna);
    await accounts.remove("vera");
    expect(await Promise.all(tokens.map(({ token }) => accounts.authenticate(token)))).toEqual([anna, null, null]);
    await accounts.set({ name: "anna", password: `${password}!` });
    expect(await accounts.authenticate(tokens[0].token)).toBeNull();
  });

  test("does not stand in the inventory's file", async () => {
    const { token } = await create(anna);
    await sql`pragma wal_checkpoint(truncate)`.execute(inventory.database);
    expect(readFileSync(join(directory, "inventory.sqlite"), "latin1")).not.toContain(token.slice("berth_pat_".length));
  });

  test("is known to have been used, to the hour", async () => {
    const { token } = await create(anna);
    const usedAt = async () => (await accounts.accessTokens.list(anna))[0]?.usedAt;
    await accounts.authenticate(token);
    const first = new Date(clock).toISOString();
    clock += hour - 1;
    await accounts.authenticate(token);
    expect(await usedAt()).toBe(first);
    clock += 1;
    await accounts.authenticate(token);
    expect(await usedAt()).toBe(new Date(clock).toISOString());
  });
});

describe("who may", () => {
  test("each account makes, sees and ends its own, an admin those of all", async () => {
    await create(vera);
    await create(root, { account: "anna" });
    const seen = async (by: Account) => (await accounts.accessTokens.list(by)).map(({ account }) => account);
    expect([await seen(vera), await seen(root)]).toEqual([["vera"], ["anna", "vera"]]);
    const others = { account: "vera", name: "ci" };
    await expect(create(anna, { account: "vera" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(accounts.accessTokens.remove(others, anna)).rejects.toMatchObject({ code: "forbidden" });
    await accounts.accessTokens.remove(others, root);
    await expect(accounts.accessTokens.remove(others, root)).rejects.toMatchObject({ code: "not-found" });
  });

  test("nobody makes one that may do more than the account, or than the one that asks", async () => {
    await expect(create(vera, { role: "operator" })).rejects.toThrow("account 'vera' has 'viewer'");
    await expect(create(root, { account: "vera", role: "admin" })).rejects.toMatchObject({ code: "forbidden" });
    // Logged in as an operator whom an access token holds to looking.
    const held = { ...anna, role: "viewer" } as const;
    await expect(create(held, { role: "operator" })).rejects.toMatchObject({ code: "forbidden" });
    expect((await create(held)).role).toBe("viewer");
  });

  test("the Unix socket's admin has no account of its own, and is told whose it could be", async () => {
    await expect(create(root)).rejects.toMatchObject({
      ...{ code: "not-found", message: "An access token is an account's, and over the Unix socket you have none" },
      hint: "Name one (anna, vera): `berth token create ci --account anna`",
    });
    await expect(create(root, { account: "nobody" })).rejects.toThrow("There is no account 'nobody'");
  });

  test("of one that is another account's an admin is told whose, and nobody else is", async () => {
    await create(vera);
    const remove = (account: string, by: Account) => accounts.accessTokens.remove({ account, name: "ci" }, by);
    await expect(remove("local", root)).rejects.toMatchObject({
      hint: "Account 'vera' has one: `berth token remove ci --account vera`",
    });
    await expect(remove("anna", anna)).rejects.toMatchObject({ hint: "See `berth token list`" });
  });
});

test("a name is an account's own, and free again when its token has expired", async () => {
  await create(anna);
  await create(vera);
  await expect(create(anna)).rejects.toMatchObject({ code: "conflict" });
  clock += 30 * day;
  expect(await accounts.authenticate((await create(anna)).token)).toEqual(anna);
});
