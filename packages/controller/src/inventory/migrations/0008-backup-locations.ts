import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Of backups that were made before, nobody knows where they went: null. */
export const backupLocations: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema.alterTable("backups").addColumn("location", "text").execute();
  },
};
