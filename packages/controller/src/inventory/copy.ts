/** A copy of an inventory that is open and written to: of one moment, in a file of its own. */
import { closeSync, openSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { explainSqliteError } from "./sqlite-errors.ts";

/**
 * Copies page by page, so that nobody waits for it. `target` must not exist; nobody else can read it. Throws `disk.full`,
 * `inventory.failed`.
 */
export async function copyInventory(file: string, target: string): Promise<void> {
  closeSync(openSync(target, "wx", 0o600));
  try {
    const source = new Sqlite(file, { readonly: true });
    try {
      // Keeps the copy at this moment: otherwise each write by the other connection would begin it anew.
      source.exec("begin");
      source.prepare("select count(*) from sqlite_master").get();
      await source.backup(target);
    } finally {
      source.close();
    }
  } catch (error) {
    throw explainSqliteError(error, target);
  }
}
