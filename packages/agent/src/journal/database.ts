/** The journal's file: SQLite with a write-ahead log, synced on every commit, so that kill -9 loses nothing accepted. */
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { BerthError, toBerthError } from "@berth/shared/errors";

/** Additive only: an older agent that comes back after a failed upgrade must still read a newer journal. */
const schema = `
  CREATE TABLE IF NOT EXISTS operations (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    input TEXT,
    state TEXT NOT NULL CHECK (state IN ('accepted', 'running', 'done', 'acknowledged')),
    deadline_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    outcome TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS desired_instances (
    instance TEXT PRIMARY KEY,
    spec TEXT NOT NULL,
    proven TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS desired_firewall (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    spec TEXT NOT NULL,
    digest TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS stopped_instances (
    instance TEXT PRIMARY KEY,
    containers TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS held_instances (instance TEXT PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS checkpoints (
    instance TEXT PRIMARY KEY,
    upgrade TEXT NOT NULL,
    volumes TEXT NOT NULL,
    state TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    stopped_at TEXT NOT NULL,
    spec TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sample_batches (id INTEGER PRIMARY KEY AUTOINCREMENT, payload BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
  // Overwrites what is deleted: inputs carry secrets. A small cache: the agent's memory counts.
  database.exec("PRAGMA secure_delete = ON; PRAGMA cache_size = -256; PRAGMA journal_size_limit = 1048576;");
  database.exec(schema);
  addPhases(database);
  if (path !== ":memory:") chmodSync(path, 0o600);
  return database;
}

/** Journals of before have none. Beside the outcome: an older agent would send it as part of that. */
function addPhases(database: DatabaseSync): void {
  const isThere = database.prepare("SELECT 1 FROM pragma_table_info('operations') WHERE name = 'phases'").get();
  if (isThere === undefined) database.exec("ALTER TABLE operations ADD COLUMN phases TEXT");
}

/** What SQLite failed with, in the words of the catalogue. */
export function journalError(error: unknown): BerthError {
  const known = toBerthError(error);
  if (!/disk is full|disk I\/O error/i.test(known.message)) return known;
  return new BerthError("disk.full", "The agent cannot write its journal: no space is left on the node's disk.", {
    hint: "Enlarge the node's disk or remove unused images: docker image prune -a.",
    cause: error,
  });
}

/** Runs `work` in one transaction: all of it is on the disk afterwards, or none of it. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const value = work();
    database.exec("COMMIT");
    return value;
  } catch (error) {
    // On a full disk SQLite has undone it by itself already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
