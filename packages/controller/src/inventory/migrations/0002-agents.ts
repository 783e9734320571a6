import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const agents: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await createIdentityTables(database);
    await createExchangeTables(database);
  },
};

async function createIdentityTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("joinTokens")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("secretHash", "text", (column) => column.notNull())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("createdAt", "text", (column) => column.notNull())
    .addColumn("expiresAt", "text", (column) => column.notNull())
    .addColumn("usedAt", "text")
    .addColumn("publicKeyHash", "text")
    .addColumn("certificate", "text")
    .execute();
  await database.schema
    .createTable("certificates")
    .addColumn("serial", "text", (column) => column.primaryKey())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("enrolment", "text", (column) => column.notNull())
    .addColumn("issuedAt", "text", (column) => column.notNull())
    .addColumn("notAfter", "text", (column) => column.notNull())
    .addColumn("revokedAt", "text")
    .addColumn("revocation", "text")
    .execute();
  await database.schema.createIndex("certificatesOfNode").on("certificates").column("node").execute();
}

async function createExchangeTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("agentEvents")
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("enrolment", "text", (column) => column.notNull())
    .addColumn("sequence", "integer", (column) => column.notNull())
    .addColumn("nodeAt", "text", (column) => column.notNull())
    .addColumn("receivedAt", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("agentEventsKey", ["node", "enrolment", "sequence"])
    .execute();
  await database.schema
    .createTable("agentOperations")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("openedAt", "text", (column) => column.notNull())
    .addColumn("settledAt", "text")
    .addColumn("outcome", "text")
    .execute();
}
