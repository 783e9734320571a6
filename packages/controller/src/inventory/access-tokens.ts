/** Access tokens of accounts, by their hashes. */
import type { Selectable } from "kysely";
import { accessTokenSchema, type AccessToken } from "@berth/shared/api/access-tokens";
import { accountSchema, type Account } from "@berth/shared/api/accounts";
import type { Queryable } from "./database.ts";
import type { AccessTokensTable } from "./tables/accounts.ts";

/** By account and name; of one account or of all. */
export async function selectAccessTokens(database: Queryable, account?: string): Promise<AccessToken[]> {
  let query = database.selectFrom("accessTokens").selectAll().orderBy("account").orderBy("name");
  if (account !== undefined) query = query.where("account", "=", account);
  return (await query.execute()).map(toAccessToken);
}

/** false: the account has one of that name that has not expired. One that has gives way. */
export async function insertAccessToken(
  database: Queryable,
  token: Omit<AccessToken, "usedAt"> & { hash: string },
): Promise<boolean> {
  await database
    .deleteFrom("accessTokens")
    .where("account", "=", token.account)
    .where("name", "=", token.name)
    .where("expiresAt", "<=", token.createdAt)
    .execute();
  const { numInsertedOrUpdatedRows } = await database
    .insertInto("accessTokens")
    .values({ ...token, usedAt: null })
    .onConflict((conflict) => conflict.columns(["account", "name"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** false: there is none. */
export async function deleteAccessToken(
  database: Queryable,
  { account, name }: Pick<AccessToken, "account" | "name">,
): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom("accessTokens")
    .where("account", "=", account)
    .where("name", "=", name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteAccessTokensOf(database: Queryable, account: string): Promise<void> {
  await database.deleteFrom("accessTokens").where("account", "=", account).execute();
}

/** The token with this hash and its account, unless it has expired. */
export async function findAccessToken(
  database: Queryable,
  hash: string,
  at: string,
): Promise<{ token: AccessToken; account: Account } | null> {
  const row = await database
    .selectFrom("accessTokens")
    .innerJoin("accounts", "accounts.name", "accessTokens.account")
    .selectAll("accessTokens")
    .select(["accounts.role as accountRole", "accounts.tenant"])
    .where("accessTokens.hash", "=", hash)
    .where("accessTokens.expiresAt", ">", at)
    .executeTakeFirst();
  if (row === undefined) return null;
  const account = accountSchema.parse({ name: row.account, role: row.accountRole, tenant: row.tenant });
  return { token: toAccessToken(row), account };
}

export async function noteAccessTokenUse(database: Queryable, hash: string, at: string): Promise<void> {
  await database.updateTable("accessTokens").set({ usedAt: at }).where("hash", "=", hash).execute();
}

function toAccessToken(row: Selectable<AccessTokensTable>): AccessToken {
  const { account, name, role, createdAt, expiresAt, usedAt } = row;
  return accessTokenSchema.parse({ account, name, role, createdAt, expiresAt, usedAt });
}
