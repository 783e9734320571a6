import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const accessTokens: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("accessTokens")
      .addColumn("account", "text", (column) => column.notNull().references("accounts.name").onDelete("cascade"))
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("hash", "text", (column) => column.notNull().unique())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("createdAt", "text", (column) => column.notNull())
      .addColumn("expiresAt", "text", (column) => column.notNull())
      .addColumn("usedAt", "text")
      .addPrimaryKeyConstraint("accessTokensKey", ["account", "name"])
      .execute();
  },
};
