import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const phases: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema.alterTable("steps").addColumn("phases", "text").execute();
  },
};
