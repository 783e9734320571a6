/** A file of SQLite in a stand-in's volume, made with its folder. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Killed at any moment, it is as it was after its last statement. */
export function openTableStore(directory: string, ...statements: string[]): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(join(directory, "stand-in.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000");
  for (const statement of statements) database.exec(statement);
  return database;
}
