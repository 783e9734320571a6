import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const proofs: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("proofs")
      .addColumn("backup", "text", (column) => column.notNull())
      .addColumn("subject", "text", (column) => column.notNull())
      .addColumn("owner", "text", (column) => column.notNull())
      .addColumn("at", "text", (column) => column.notNull())
      .addColumn("run", "integer", (column) => column.notNull())
      .addColumn("by", "text", (column) => column.notNull())
      .addColumn("level", "text", (column) => column.notNull())
      .addColumn("version", "text")
      .addColumn("parts", "text", (column) => column.notNull())
      .addColumn("seconds", "real")
      .addColumn("memoryBytes", "integer")
      .addPrimaryKeyConstraint("proofsOfBackups", ["backup", "subject"])
      .execute();
  },
};
