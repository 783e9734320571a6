import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const specifications: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("specifications")
      .addColumn("hash", "text", (column) => column.primaryKey())
      .addColumn("instance", "text", (column) => column.notNull())
      .addColumn("specification", "text", (column) => column.notNull())
      .execute();
    await database.schema.createIndex("specificationsOfInstance").on("specifications").column("instance").execute();
  },
};
