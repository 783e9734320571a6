import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const initial: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await createFleetTables(database);
    await createObservationTables(database);
    await createRunTables(database);
    await createAccountTables(database);
  },
};

async function createFleetTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("fleetRevisions")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("file", "text", (column) => column.notNull())
    .addColumn("yaml", "text", (column) => column.notNull())
    .addColumn("account", "text", (column) => column.notNull())
    .addColumn("createdAt", "text", (column) => column.notNull())
    .execute();
  await database.schema
    .createTable("nodes")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("proxmox", "text")
    .addColumn("vmid", "integer")
    .addColumn("sshHostKey", "text")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("agentVersion", "text")
    .addColumn("protocol", "text")
    .addColumn("clockSkewMilliseconds", "real")
    .addColumn("facts", "text")
    .addColumn("lastSeen", "text")
    .addColumn("createdAt", "text", (column) => column.notNull())
    .execute();
  await database.schema
    .createTable("tenants")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("createdAt", "text", (column) => column.notNull())
    .execute();
}

async function createObservationTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("instances")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("service", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("node", "text", (column) => column.notNull().references("nodes.name").onDelete("cascade"))
    .addColumn("tenant", "text")
    .addColumn("ports", "text", (column) => column.notNull())
    .addColumn("desiredHash", "text")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("observedHash", "text")
    .addColumn("observedVersion", "text")
    .addColumn("drift", "text", (column) => column.notNull())
    .addColumn("containers", "text", (column) => column.notNull())
    .addColumn("observedAt", "text")
    .execute();
  await database.schema.createIndex("instancesOfNode").on("instances").column("node").execute();
  await database.schema
    .createTable("needs")
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("instance", "text", (column) => column.notNull())
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("specification", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("checkedAt", "text")
    .addPrimaryKeyConstraint("needsKey", ["kind", "name"])
    .execute();
  await database.schema.createIndex("needsOfInstance").on("needs").column("instance").execute();
  await database.schema
    .createTable("events")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("at", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("node", "text")
    .addColumn("instance", "text")
    .addColumn("message", "text", (column) => column.notNull())
    .addColumn("data", "text", (column) => column.notNull())
    .execute();
}

async function createRunTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("runs")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("account", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("createdAt", "text", (column) => column.notNull())
    .addColumn("endedAt", "text")
    .addColumn("cancelRequestedAt", "text")
    .execute();
  // The database itself refuses a second running run, whoever asks.
  await sql`create unique index one_running_run on runs (state) where state = 'running'`.execute(database);
  await database.schema
    .createTable("steps")
    .addColumn("runId", "integer", (column) => column.notNull().references("runs.id").onDelete("cascade"))
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("operationId", "text", (column) => column.notNull().unique())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("node", "text")
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("change", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("after", "text", (column) => column.notNull())
    .addColumn("input", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("startedAt", "text")
    .addColumn("endedAt", "text")
    .addColumn("progress", "text")
    .addColumn("error", "text")
    .addColumn("result", "text")
    .addPrimaryKeyConstraint("stepsKey", ["runId", "position"])
    .addUniqueConstraint("stepsId", ["runId", "id"])
    .execute();
  await database.schema
    .createTable("stepLogs")
    .addColumn("runId", "integer", (column) => column.notNull().references("runs.id").onDelete("cascade"))
    .addColumn("sequence", "integer", (column) => column.notNull())
    .addColumn("at", "text", (column) => column.notNull())
    .addColumn("step", "text", (column) => column.notNull())
    .addColumn("line", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("stepLogsKey", ["runId", "sequence"])
    .execute();
}

async function createAccountTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable("accounts")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("tenant", "text")
    .addColumn("passwordHash", "text", (column) => column.notNull())
    .addColumn("createdAt", "text", (column) => column.notNull())
    .addColumn("updatedAt", "text", (column) => column.notNull())
    .execute();
  await database.schema
    .createTable("tokens")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("account", "text", (column) => column.notNull().references("accounts.name").onDelete("cascade"))
    .addColumn("createdAt", "text", (column) => column.notNull())
    .addColumn("expiresAt", "text", (column) => column.notNull())
    .execute();
  await database.schema.createIndex("tokensOfAccount").on("tokens").column("account").execute();
  await database.schema
    .createTable("secrets")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("ciphertext", "blob", (column) => column.notNull())
    .addColumn("nonce", "blob", (column) => column.notNull())
    .addColumn("createdAt", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("secretsKey", ["name", "version"])
    .execute();
}
