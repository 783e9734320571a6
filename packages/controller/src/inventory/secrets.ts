import type { Selectable } from "kysely";
import { now } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { SecretsTable } from "./tables/accounts.ts";

export type SealedSecret = Selectable<SecretsTable>;

export async function listSealedSecrets(database: Queryable): Promise<SealedSecret[]> {
  return database.selectFrom("secrets").selectAll().orderBy("name").orderBy("version").execute();
}

export async function insertSealedSecret(
  database: Queryable,
  secret: Omit<SealedSecret, "createdAt">,
): Promise<SealedSecret> {
  const row = { ...secret, createdAt: now() };
  await database.insertInto("secrets").values(row).execute();
  return row;
}

/** Another ciphertext in place of the one that there is. */
export async function replaceSealedSecret(
  database: Queryable,
  { name, version, ciphertext, nonce }: Omit<SealedSecret, "createdAt">,
): Promise<SealedSecret> {
  return database
    .updateTable("secrets")
    .set({ ciphertext, nonce })
    .where("name", "=", name)
    .where("version", "=", version)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteSealedSecrets(database: Queryable, names: readonly string[]): Promise<void> {
  for (const name of names) await database.deleteFrom("secrets").where("name", "=", name).execute();
}
