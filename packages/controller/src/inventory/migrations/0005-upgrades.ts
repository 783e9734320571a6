import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const upgrades: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("upgradeInstances")
      .addColumn("upgrade", "text", (column) => column.notNull())
      .addColumn("instance", "text", (column) => column.notNull())
      .addColumn("operation", "text", (column) => column.notNull())
      .addColumn("node", "text", (column) => column.notNull())
      .addColumn("service", "text", (column) => column.notNull())
      .addColumn("fromVersion", "text", (column) => column.notNull())
      .addColumn("toVersion", "text", (column) => column.notNull())
      .addColumn("checkpoint", "text")
      .addColumn("phase", "text", (column) => column.notNull())
      .addColumn("routeBefore", "text")
      .addColumn("outcome", "text")
      .addColumn("reason", "text")
      .addColumn("startedAt", "text", (column) => column.notNull())
      .addColumn("stoppedAt", "text")
      .addColumn("healthyAt", "text")
      .addColumn("endedAt", "text")
      .addColumn("gapMilliseconds", "integer")
      .addPrimaryKeyConstraint("upgradeInstancesKey", ["upgrade", "instance"])
      .execute();
    await database.schema
      .createIndex("upgradesOfInstance")
      .on("upgradeInstances")
      .columns(["instance", "startedAt"])
      .execute();
  },
};
