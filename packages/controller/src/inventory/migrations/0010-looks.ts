import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** As much of the tables as this uses, as they are then. */
interface Then {
  runs: { kind: string; createdAt: string };
  looks: { schedule: string; at: string };
}

export const looks: Migration = {
  async up(database: Kysely<Then>): Promise<void> {
    await database.schema
      .createTable("looks")
      .addColumn("schedule", "text", (column) => column.primaryKey())
      .addColumn("at", "text", (column) => column.notNull())
      .execute();
    // Until now, the runs that are kept were what told of drills.
    await database
      .insertInto("looks")
      .columns(["schedule", "at"])
      .expression((query) =>
        query
          .selectFrom("runs")
          .select((run) => ["kind as schedule", run.fn.max("createdAt").as("at")])
          .where("kind", "=", "backup.drill")
          .groupBy("kind"),
      )
      .execute();
  },
};
