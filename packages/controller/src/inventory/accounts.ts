import type { Selectable } from "kysely";
import { accountSchema, type Account } from "@berth/shared/api/accounts";
import { now } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { AccountsTable } from "./tables/accounts.ts";

export async function listAccounts(database: Queryable): Promise<Account[]> {
  const rows = await database.selectFrom("accounts").select(["name", "role", "tenant"]).orderBy("name").execute();
  return rows.map((row) => accountSchema.parse(row));
}

export interface StoredAccount {
  account: Account;
  passwordHash: string;
}

export async function findAccount(database: Queryable, name: string): Promise<StoredAccount | null> {
  const row = await database.selectFrom("accounts").selectAll().where("name", "=", name).executeTakeFirst();
  return row === undefined ? null : { account: toAccount(row), passwordHash: row.passwordHash };
}

export async function putAccount(database: Queryable, { account, passwordHash }: StoredAccount): Promise<void> {
  const { name, role, tenant } = account;
  const at = now();
  await database
    .insertInto("accounts")
    .values({ name, role, tenant, passwordHash, createdAt: at, updatedAt: at })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ role, tenant, passwordHash, updatedAt: at }))
    .execute();
}

/** Replaces a password's hash by another of the same password, unless it was changed or the account went meanwhile. */
export async function rehashPassword(
  database: Queryable,
  { name, from, to }: { name: string; from: string; to: string },
): Promise<void> {
  await database
    .updateTable("accounts")
    .set({ passwordHash: to, updatedAt: now() })
    .where("name", "=", name)
    .where("passwordHash", "=", from)
    .execute();
}

export async function deleteAccount(database: Queryable, name: string): Promise<boolean> {
  const { numDeletedRows } = await database.deleteFrom("accounts").where("name", "=", name).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Accounts of tenants that there are no more, in the transaction in which they go: who gets the name is somebody else. */
export async function deleteAccountsOfFormerTenants(transaction: Queryable): Promise<void> {
  await transaction
    .deleteFrom("accounts")
    .where("tenant", "is not", null)
    .where("tenant", "not in", transaction.selectFrom("tenants").select("name"))
    .execute();
}

export async function insertToken(
  database: Queryable,
  token: { hash: string; account: string; expiresAt: string },
): Promise<void> {
  await database
    .insertInto("tokens")
    .values({ ...token, createdAt: now() })
    .execute();
}

/** The account whose token has this hash, unless it has expired. */
export async function findTokenAccount(database: Queryable, hash: string, at: string): Promise<Account | null> {
  const row = await database
    .selectFrom("tokens")
    .innerJoin("accounts", "accounts.name", "tokens.account")
    .selectAll("accounts")
    .where("tokens.hash", "=", hash)
    .where("tokens.expiresAt", ">", at)
    .executeTakeFirst();
  return row === undefined ? null : toAccount(row);
}

export async function deleteToken(database: Queryable, hash: string): Promise<boolean> {
  const { numDeletedRows } = await database.deleteFrom("tokens").where("hash", "=", hash).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteTokensOf(database: Queryable, account: string): Promise<void> {
  await database.deleteFrom("tokens").where("account", "=", account).execute();
}

export async function deleteExpiredTokens(database: Queryable, at: string): Promise<void> {
  await database.deleteFrom("tokens").where("expiresAt", "<=", at).execute();
}

function toAccount({ name, role, tenant }: Selectable<AccountsTable>): Account {
  return accountSchema.parse({ name, role, tenant });
}
