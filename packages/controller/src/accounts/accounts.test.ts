import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Inventory } from "../inventory/database.ts";
import { deleteAccountsOfFormerTenants } from "../inventory/accounts.ts";
import { openInventory } from "../inventory/open.ts";
import { putTenant, removeTenant } from "../inventory/tenants.ts";
import { createAccounts, type Accounts } from "./accounts.ts";
import { authorize } from "./authorize.ts";
import { hashPassword, isOutdated, verifyPassword } from "./password.ts";
import { createLoginLimiter } from "./rate-limit.ts";

let directory: string;
let inventory: Inventory;
let accounts: Accounts;
let clock = 0;
const cheap = { N: 1024, r: 8, p: 1 };
const password = "correct horse battery";
const admin = { name: "eve", role: "admin", password } as const;

beforeEach(async () => {
  clock = Date.parse("2026-11-24T00:00:00Z");
  directory = mkdtempSync(join(tmpdir(), "berth-accounts-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  accounts = createAccounts({ inventory, clock: () => clock, passwordCost: cheap });
});
afterEach(async () => {
  await inventory.close();
  rmSync(directory, { recursive: true });
});

function login(name: string, given: string, address = "127.0.0.1") {
  return accounts.login({ name, password: given, address });
}

describe("accounts", () => {
  test("log in to a token that authenticates until they log out", async () => {
    await accounts.set(admin);
    const session = await login("eve", password);
    expect(session.token).toMatch(/^berth_[\w-]{43}$/);
    expect(await accounts.authenticate(session.token)).toEqual({ name: "eve", role: "admin", tenant: null });
    expect(await accounts.authenticate(`${session.token}x`)).toBeNull();
    expect(await accounts.authenticate("")).toBeNull();
    expect(await accounts.logout(session.token)).toBe(true);
    expect(await accounts.logout(session.token)).toBe(false);
    expect(await accounts.authenticate(session.token)).toBeNull();
  });

  test("a wrong name and a wrong password are told apart by nothing", async () => {
    await accounts.set(admin);
    const wrongName = await login("nobody", password).catch((error: unknown) => error);
    const wrongPassword = await login("eve", "wrong").catch((error: unknown) => error);
    expect(wrongName).toMatchObject({ code: "unauthenticated" });
    expect(wrongPassword).toEqual(wrongName);
  });

  test("neither password nor token stands in the file", async () => {
    await accounts.set(admin);
    const { token } = await login("eve", password);
    await sql`pragma wal_checkpoint(truncate)`.execute(inventory.database);
    const file = readFileSync(inventory.file);
    expect([file.includes("eve"), file.includes(password), file.includes(token)]).toEqual([true, false, false]);
  });

  test("a token ends after a week, and is forgotten", async () => {
    await accounts.set(admin);
    const { token, expiresAt } = await login("eve", password);
    expect(expiresAt).toBe("2026-12-01T00:00:00.000Z");
    clock = Date.parse(expiresAt) - 1;
    expect(await accounts.authenticate(token)).not.toBeNull();
    clock += 1;
    expect(await accounts.authenticate(token)).toBeNull();
    await login("eve", password);
    expect(await inventory.database.selectFrom("tokens").select("hash").execute()).toHaveLength(1);
  });

  test("a changed password, and removal, end what was logged in", async () => {
    await accounts.set(admin);
    const before = await login("eve", password);
    await accounts.set({ ...admin, password: "another password" });
    expect(await accounts.authenticate(before.token)).toBeNull();
    await expect(login("eve", password)).rejects.toMatchObject({ code: "unauthenticated" });
    const after = await accounts.issueToken("eve");
    expect(await accounts.remove("eve")).toBe(true);
    expect(await accounts.authenticate(after.token)).toBeNull();
    expect(await accounts.list()).toEqual([]);
  });

  test("a password hashed at an older cost is hashed anew at login", async () => {
    await accounts.set(admin);
    const dearer = createAccounts({ inventory, passwordCost: { ...cheap, N: 2048 } });
    await dearer.login({ name: "eve", password, address: "127.0.0.1" });
    const { passwordHash } = await inventory.database.selectFrom("accounts").selectAll().executeTakeFirstOrThrow();
    expect(passwordHash).toMatch(/^scrypt\$2048\$8\$1\$/);
    expect((await login("eve", password)).account.name).toBe("eve");
  });

  test("passwords are not short", async () => {
    await expect(accounts.set({ ...admin, password: "short" })).rejects.toMatchObject({ code: "request.invalid" });
    expect(await accounts.list()).toEqual([]);
  });

  test("a changed role keeps the password and counts for what is logged in", async () => {
    await accounts.set(admin);
    const { token } = await login("eve", password);
    expect(await accounts.set({ name: "eve", role: "viewer" })).toEqual({ name: "eve", role: "viewer", tenant: null });
    expect(await accounts.authenticate(token)).toMatchObject({ role: "viewer" });
    expect((await login("eve", password)).account.role).toBe("viewer");
  });

  test("a changed password keeps the role", async () => {
    await accounts.set(admin);
    expect(await accounts.set({ name: "eve", password: "another password" })).toMatchObject({ role: "admin" });
    expect((await login("eve", "another password")).account.role).toBe("admin");
  });

  test.each([{ role: "viewer" as const }, { password }])("a new one with nothing but %o is refused", async (given) => {
    await expect(accounts.set({ name: "adam", ...given })).rejects.toMatchObject({ code: "not-found" });
    expect(await accounts.list()).toEqual([]);
  });

  test("of a tenant have one, and every other has none", async () => {
    await accounts.set(admin);
    for (const name of ["user1", "user2"]) await putTenant(inventory.database, { name, node: name });
    expect(await accounts.set({ name: "tina", role: "tenant", tenant: "user1", password })).toEqual({
      ...{ name: "tina", role: "tenant", tenant: "user1" },
    });
    expect(await accounts.set({ name: "tina", tenant: "user2" })).toMatchObject({ role: "tenant", tenant: "user2" });
    expect(await accounts.set({ name: "tina", role: "viewer" })).toMatchObject({ role: "viewer", tenant: null });
    const refused = { code: "request.invalid" };
    await expect(accounts.set({ name: "tina", role: "tenant" })).rejects.toMatchObject(refused);
    await expect(accounts.set({ name: "tina", tenant: "user1" })).rejects.toMatchObject(refused);
    await expect(accounts.set({ name: "tom", role: "tenant", tenant: "user9", password })).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(accounts.set({ name: "eve", role: "admin", tenant: "user1" })).rejects.toMatchObject(refused);
    expect(await accounts.list()).toContainEqual({ name: "eve", role: "admin", tenant: null });
  });

  test("of tenants that are gone end, with their logins", async () => {
    await accounts.set(admin);
    for (const tenant of ["user1", "user2"]) {
      await putTenant(inventory.database, { name: tenant, node: tenant });
      await accounts.set({ name: `of-${tenant}`, role: "tenant", tenant, password });
    }
    const session = await login("of-user2", password);
    await removeTenant(inventory.database, "user2");
    await deleteAccountsOfFormerTenants(inventory.database);
    expect((await accounts.list()).map(({ name }) => name)).toEqual(["eve", "of-user1"]);
    expect(await accounts.authenticate(session.token)).toBeNull();
  });

  test("a login that overlaps the account's removal does not bring it back", async () => {
    await accounts.set(admin);
    const dearer = createAccounts({ inventory, passwordCost: { ...cheap, N: 2048 } });
    const entering = dearer.login({ name: "eve", password, address: "127.0.0.1" });
    const [entered] = await Promise.allSettled([entering, accounts.remove("eve")]);
    expect(await accounts.list()).toEqual([]);
    if (entered.status === "fulfilled") expect(await accounts.authenticate(entered.value.token)).toBeNull();
  });

  test("guessing ends after five attempts, for that address only", async () => {
    await accounts.set(admin);
    const guesses = Array.from({ length: 8 }, () => login("eve", "wrong", "10.1.1.1"));
    const messages = (await Promise.allSettled(guesses)).map(
      (guess) => guess.status === "rejected" && String(guess.reason),
    );
    expect(messages.filter((message) => String(message).includes("Too many attempts"))).toHaveLength(3);
    await expect(login("eve", password, "10.1.1.1")).rejects.toMatchObject({
      ...{ code: "rate.limited", hint: "Try again in 300 s.", retryAfterSeconds: 300 },
    });
    expect((await login("eve", password, "10.1.1.2")).account.name).toBe("eve");
    clock += 300_000;
    expect((await login("eve", password, "10.1.1.1")).account.name).toBe("eve");
  });
});

describe("login limiter", () => {
  test("bounds one address over all names, and one name over all addresses", () => {
    const limiter = createLoginLimiter(() => 0);
    const names = Array.from({ length: 40 }, (_, index) => limiter.begin({ name: `n${index}`, address: "one" }));
    expect(names.filter((wait) => wait === 0)).toHaveLength(30);
    const addresses = Array.from({ length: 120 }, (_, index) => limiter.begin({ name: "eve", address: `a${index}` }));
    expect(addresses.filter((wait) => wait === 0)).toHaveLength(100);
  });

  test("does not count what succeeded", () => {
    const limiter = createLoginLimiter(() => 0);
    const attempt = { name: "eve", address: "one" };
    for (let times = 0; times < 50; times += 1) {
      expect(limiter.begin(attempt)).toBe(0);
      limiter.succeed(attempt);
    }
  });
});

describe("passwords", () => {
  test("are hashed with a salt each, and verified", async () => {
    const hashes = await Promise.all([hashPassword("p"), hashPassword("p")]);
    expect(hashes[0]).not.toBe(hashes[1]);
    expect(await Promise.all(hashes.map((hash) => verifyPassword("p", hash)))).toEqual([true, true]);
    expect(await verifyPassword("q", hashes[0])).toBe(false);
    expect(isOutdated(hashes[0])).toBe(false);
  });

  test.each(["", "scrypt$1$1$1$a$b", "scrypt$99999999$8$1$AAAA$AAAA", "plain"])(
    "nothing matches '%s'",
    async (hash) => {
      expect(await verifyPassword("", hash)).toBe(false);
      expect(isOutdated(hash)).toBe(true);
    },
  );
});

test.each([
  ["viewer", "viewer", true],
  ["viewer", "tenant", false],
  ["operator", "viewer", false],
  ["operator", "admin", true],
  ["admin", "operator", false],
] as const)("what needs %s is open to %s: %s", (needed, role, open) => {
  const authorizing = () => authorize(needed, { name: "eve", role, tenant: null });
  if (open) expect(authorizing).not.toThrow();
  else expect(authorizing).toThrow(`needs the role '${needed}'`);
});
