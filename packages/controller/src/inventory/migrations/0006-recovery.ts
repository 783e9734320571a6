import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const recovery: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("controllerBackups")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("createdAt", "text", (column) => column.notNull())
      .addColumn("endedAt", "text")
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("reason", "text", (column) => column.notNull())
      .addColumn("keyVersion", "integer")
      .addColumn("bytes", "integer")
      .addColumn("error", "text")
      .execute();
    await database.schema
      .createTable("recoveryKeys")
      .addColumn("version", "integer", (column) => column.primaryKey())
      .addColumn("recipient", "text", (column) => column.notNull())
      .addColumn("createdAt", "text", (column) => column.notNull())
      .addColumn("shownAt", "text")
      .execute();
    await database.schema
      .createTable("rebuilds")
      .addColumn("backup", "text", (column) => column.notNull())
      .addColumn("backedUpAt", "text", (column) => column.notNull())
      .addColumn("rebuiltAt", "text", (column) => column.primaryKey())
      .execute();
  },
};
