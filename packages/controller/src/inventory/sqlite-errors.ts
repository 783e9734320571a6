import Sqlite from "better-sqlite3";
import { BerthError } from "@berth/shared/errors";

/** A failure of SQLite as a BerthError where the reader can do something about it; anything else stays what it is. */
export function explainSqliteError(error: unknown, file: string): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  const options = { cause: error };
  if (error.code.startsWith("SQLITE_FULL")) {
    return new BerthError("disk.full", `No space is left for the inventory ${file}`, {
      ...options,
      hint: "Free space on the controller's disk; what was running is carried on at the next start.",
    });
  }
  if (error.code.startsWith("SQLITE_CORRUPT") || error.code.startsWith("SQLITE_NOTADB")) {
    return new BerthError("inventory.failed", `The inventory ${file} is damaged: ${error.message}`, {
      ...options,
      hint: "Put back a copy from the backups directory beside it, or move the file away to start anew.",
    });
  }
  if (error.code.startsWith("SQLITE_BUSY")) {
    return new BerthError("inventory.failed", `Another process holds the inventory ${file}`, {
      ...options,
      hint: "Stop the other controller that uses this state directory.",
    });
  }
  if (/^SQLITE_(?:CANTOPEN|READONLY|PERM|IOERR)/.test(error.code)) {
    return new BerthError("inventory.failed", `The inventory ${file} cannot be read or written: ${error.message}`, {
      ...options,
      hint: "Check owner, mode and disk of the state directory.",
    });
  }
  return error;
}
