import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";

export type Row = Record<string, SQLOutputValue>;

/**
 * What is known of buckets, objects and users; the objects' data lies in files beside it (blobs.ts).
 * `position` orders the versions of an object. Version 'null' is that of a bucket without versioning.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS bucket (
    name TEXT PRIMARY KEY, made_at INTEGER NOT NULL, versioning TEXT NOT NULL DEFAULT '',
    quota INTEGER NOT NULL DEFAULT 0, policy TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS version (
    position INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL REFERENCES bucket (name), key TEXT NOT NULL,
    id TEXT NOT NULL, is_latest INTEGER NOT NULL, is_marker INTEGER NOT NULL, blobs TEXT NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, modified_at INTEGER NOT NULL, headers TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS version_id ON version (bucket, key, id);
  CREATE INDEX IF NOT EXISTS version_latest ON version (bucket, key) WHERE is_latest = 1 AND is_marker = 0;
  CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL REFERENCES bucket (name), key TEXT NOT NULL,
    started_at INTEGER NOT NULL, headers TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS part (
    upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE, number INTEGER NOT NULL, blob TEXT NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, modified_at INTEGER NOT NULL, PRIMARY KEY (upload, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS user (
    access_key TEXT PRIMARY KEY, secret_key TEXT NOT NULL, is_enabled INTEGER NOT NULL, parent TEXT,
    policies TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE IF NOT EXISTS policy (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS user_group (
    name TEXT PRIMARY KEY, is_enabled INTEGER NOT NULL, policies TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE IF NOT EXISTS membership (
    user_group TEXT NOT NULL, access_key TEXT NOT NULL, PRIMARY KEY (user_group, access_key)
  ) STRICT;
`;

export class Database {
  readonly #database: DatabaseSync;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    const file = join(directory, "metadata.db");
    this.#database = new DatabaseSync(file);
    // Secrets are in it, as in the original's volume.
    chmodSync(file, 0o600);
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; ${schema}`);
  }

  rows(query: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#database.prepare(query).all(...parameters);
  }

  row(query: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#database.prepare(query).get(...parameters);
  }

  /** Rows as they are asked for: a listing stops when its page is full. */
  each(query: string, ...parameters: SQLInputValue[]): Iterable<Row> {
    return this.#database.prepare(query).iterate(...parameters);
  }

  run(query: string, ...parameters: SQLInputValue[]): void {
    this.#database.prepare(query).run(...parameters);
  }

  /** All or nothing. Nothing else comes in between: the work does not wait. */
  transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}

/** A column that holds text. */
export function text(row: Row, column: string): string {
  return String(row[column]);
}

/** A column that holds a number. */
export function number(row: Row, column: string): number {
  return Number(row[column]);
}
