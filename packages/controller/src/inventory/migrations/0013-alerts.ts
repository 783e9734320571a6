import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const alerts: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("alerts")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("endedAt", "text")
      .addColumn("state", "text", (column) => column.notNull())
      .execute();
    await sql`create unique index alerts_active on alerts (key) where ended_at is null`.execute(database);
    await database.schema
      .createTable("alertSilences")
      .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
      .addColumn("matchers", "text", (column) => column.notNull())
      .addColumn("comment", "text", (column) => column.notNull())
      .addColumn("account", "text", (column) => column.notNull())
      .addColumn("createdAt", "text", (column) => column.notNull())
      .addColumn("endsAt", "text", (column) => column.notNull())
      .execute();
    await database.schema
      .createTable("alertMessages")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("receiver", "text", (column) => column.notNull())
      .addColumn("message", "text", (column) => column.notNull())
      .addColumn("createdAt", "text", (column) => column.notNull())
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("nextAttemptAt", "text")
      .addColumn("deliveredAt", "text")
      .addColumn("error", "text")
      .execute();
  },
};
