import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const registryDigests: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .alterTable("registryTags")
      .addColumn("digests", "text", (column) => column.notNull().defaultTo("{}"))
      .execute();
  },
};
