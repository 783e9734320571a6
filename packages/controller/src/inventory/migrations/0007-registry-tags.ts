import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const registryTags: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("registryTags")
      .addColumn("image", "text", (column) => column.primaryKey())
      .addColumn("tags", "text", (column) => column.notNull())
      .addColumn("checkedAt", "text", (column) => column.notNull())
      .execute();
  },
};
