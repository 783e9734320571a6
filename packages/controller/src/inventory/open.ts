import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import { CamelCasePlugin, Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { BerthError } from "@berth/shared/errors";
import type { Database, Inventory } from "./database.ts";
import { TransactionalSqliteDialect } from "./dialect.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { explainSqliteError } from "./sqlite-errors.ts";
import { createStatementCache } from "./statements.ts";

export interface InventoryOptions {
  /** Path of the SQLite file; made, with its directory, when absent. */
  file: string;
  /** Tests migrate by other lists. */
  migrations?: Readonly<Record<string, Migration>>;
}

/** How long a query waits for another process that holds the file: a backup, a shell. */
const busyTimeoutMilliseconds = 5000;

/**
 * Opens the inventory and brings it to the newest schema. Throws `inventory.failed` when the file is damaged, cannot be
 * opened or comes from a newer Berth, `disk.full` when there is no space.
 */
export async function openInventory(options: InventoryOptions): Promise<Inventory> {
  const { file } = options;
  const sqlite = openFile(file);
  const database = new Kysely<Database>({
    dialect: new TransactionalSqliteDialect({ database: createStatementCache(sqlite, file) }),
    plugins: [new CamelCasePlugin()],
  });
  try {
    configure(sqlite, file);
    await migrate({
      sqlite,
      database,
      file,
      migrations: options.migrations ?? migrations,
    });
  } catch (error) {
    sqlite.close();
    throw explainSqliteError(error, file);
  }
  return { file, database, close: () => database.destroy() };
}

function openFile(file: string): Sqlite.Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // SQLite gives the -wal and -shm files the mode of this one.
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    return new Sqlite(file, { timeout: busyTimeoutMilliseconds });
  } catch (error) {
    throw explainOpenError(error, file);
  }
}

function explainOpenError(error: unknown, file: string): unknown {
  if (error instanceof Sqlite.SqliteError) return explainSqliteError(error, file);
  const full = error instanceof Error && "code" in error && error.code === "ENOSPC";
  const message = error instanceof Error ? error.message : String(error);
  return new BerthError(full ? "disk.full" : "inventory.failed", `The inventory ${file} cannot be opened: ${message}`, {
    cause: error,
    hint: "Check space, owner and mode of the state directory.",
  });
}

function configure(sqlite: Sqlite.Database, file: string): void {
  sqlite.pragma("journal_mode = WAL");
  // A generated secret or a finished step must survive a power cut: commits reach the disk before they count.
  sqlite.pragma("synchronous = FULL");
  sqlite.pragma("foreign_keys = ON");
  const answer = sqlite.pragma("quick_check(1)", { simple: true });
  if (answer !== "ok") {
    throw new BerthError("inventory.failed", `The inventory ${file} is damaged: ${String(answer)}`, {
      hint: "Put back a copy from the backups directory beside it, or move the file away to start anew.",
    });
  }
}
