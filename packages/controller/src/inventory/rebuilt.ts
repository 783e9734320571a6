/** What an inventory that comes from a backup must not bring back. */
import type { Queryable } from "./database.ts";

/** Logins, access tokens and join tokens: some were ended or used since. */
export async function forgetLogins(database: Queryable): Promise<void> {
  await database.deleteFrom("tokens").execute();
  await database.deleteFrom("accessTokens").execute();
  await database.deleteFrom("joinTokens").where("usedAt", "is", null).execute();
}
