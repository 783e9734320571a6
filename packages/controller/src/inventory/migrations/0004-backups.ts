import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const backups: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("backups")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("owner", "text", (column) => column.notNull())
      .addColumn("subject", "text", (column) => column.notNull())
      .addColumn("run", "integer", (column) => column.notNull())
      .addColumn("createdAt", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("reason", "text", (column) => column.notNull())
      .addColumn("parts", "text", (column) => column.notNull())
      .addColumn("secrets", "text", (column) => column.notNull())
      .addColumn("verifiedAt", "text")
      .addColumn("provenAt", "text")
      .execute();
    await database.schema.createIndex("backupsOfOwner").on("backups").columns(["owner", "createdAt"]).execute();
  },
};
