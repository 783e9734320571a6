/**
 * The file of the history: SQLite, but of its own, so that one that is full or damaged costs curves and nothing else.
 * `journal` takes what comes each minute; `blocks` has for each group, resolution and span one row, into which the
 * journal is folded. Both add up: the order in which things arrive does not matter.
 */
import { chmodSync, closeSync, openSync } from "node:fs";
import Sqlite from "better-sqlite3";
import type { ColumnNames } from "./block.ts";
import { type Group, keyOf } from "./pending.ts";

export interface StoredGroup extends Group {
  id: number;
}

export interface StoredPart {
  id: number;
  /** Start of its first step, in milliseconds. */
  from: number;
  stepMilliseconds: number;
  data: Uint8Array;
}

export interface NewEntry {
  group: Group;
  window: number;
  from: number;
  stepMilliseconds: number;
  data: Uint8Array;
}

const pageBytes = 2048;
/** To which SQLite's own log shrinks again. */
const logBytes = 4 * 1024 * 1024;
/** The whole controller waits for it. */
const busyMilliseconds = 200;

const schema = `
  CREATE TABLE IF NOT EXISTS groups (
    id INTEGER PRIMARY KEY, node TEXT NOT NULL, container TEXT NOT NULL, instance TEXT NOT NULL,
    UNIQUE (node, container)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS columns (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS journal (
    id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, window INTEGER NOT NULL, start INTEGER NOT NULL,
    step INTEGER NOT NULL, data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS journal_by_group ON journal (group_id, window);
  CREATE TABLE IF NOT EXISTS blocks (
    id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, step INTEGER NOT NULL, start INTEGER NOT NULL,
    data BLOB NOT NULL, UNIQUE (group_id, step, start)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS blocks_by_age ON blocks (step, start);
`;

const part = "id, start AS 'from', step AS stepMilliseconds, data";

/** Every method may throw what SQLite throws. */
export class HistoryFile implements ColumnNames {
  readonly #sqlite: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement>();
  readonly #groups = new Map<string, StoredGroup>();
  readonly #columnIds = new Map<string, number>();
  readonly #columnNames = new Map<number, string>();

  constructor(file: string) {
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    this.#sqlite = new Sqlite(file, { timeout: busyMilliseconds });
    try {
      this.#sqlite.pragma(`page_size = ${pageBytes}`);
      this.#sqlite.pragma("auto_vacuum = INCREMENTAL");
      this.#sqlite.pragma("journal_mode = WAL");
      // What was committed survives the process. A power cut may cost the last commits, but never the file.
      this.#sqlite.pragma("synchronous = NORMAL");
      this.#sqlite.pragma(`journal_size_limit = ${logBytes}`);
      this.#sqlite.exec(schema);
      this.#load();
    } catch (error) {
      this.#sqlite.close();
      throw error;
    }
  }

  close(): void {
    this.#sqlite.close();
  }

  /** All of it or, when it throws, nothing. */
  transaction<Value>(work: () => Value): Value {
    try {
      return this.#sqlite.transaction(work).immediate();
    } catch (error) {
      // Names and groups that were undone with the rest.
      this.#load();
      throw error;
    }
  }

  groups(): StoredGroup[] {
    return [...this.#groups.values()];
  }

  idOf(name: string): number {
    const known = this.#columnIds.get(name);
    if (known !== undefined) return known;
    const id = Number(this.#run("INSERT INTO columns (name) VALUES (?)", name).lastInsertRowid);
    this.#columnIds.set(name, id);
    this.#columnNames.set(id, name);
    return id;
  }

  nameOf(id: number): string | undefined {
    return this.#columnNames.get(id);
  }

  columnNames(): string[] {
    return [...this.#columnIds.keys()];
  }

  append({ group, window, from, stepMilliseconds, data }: NewEntry): void {
    const values = [this.#idOfGroup(group), window, from, stepMilliseconds, data];
    this.#run("INSERT INTO journal (group_id, window, start, step, data) VALUES (?, ?, ?, ?, ?)", ...values);
  }

  /** Groups and windows of which the journal has entries, of windows that began before that moment. */
  windowsBefore(moment: number): { group: number; window: number }[] {
    return this.#all(
      "SELECT DISTINCT group_id AS 'group', window FROM journal WHERE window < ? ORDER BY window, group_id",
      moment,
    );
  }

  /** Entries of the windows, of those that begin at `start` or later. */
  journal(group: number, window: { from: number; to: number }, start = window.from): StoredPart[] {
    return this.#all(
      `SELECT ${part} FROM journal WHERE group_id = ? AND window >= ? AND window < ? AND start >= ? ORDER BY id`,
      ...[group, window.from, window.to, start],
    );
  }

  removeJournal(id: number): void {
    this.#run("DELETE FROM journal WHERE id = ?", id);
  }

  /** Blocks that begin in the time, the first one included and the last one not. */
  blocks(group: number, stepMilliseconds: number, start: { from: number; to: number }): StoredPart[] {
    return this.#all(
      `SELECT ${part} FROM blocks WHERE group_id = ? AND step = ? AND start >= ? AND start < ? ORDER BY start`,
      ...[group, stepMilliseconds, start.from, start.to],
    );
  }

  putBlock(group: number, { from, stepMilliseconds, data }: Omit<StoredPart, "id">): void {
    this.#run(
      "INSERT INTO blocks (group_id, step, start, data) VALUES (?, ?, ?, ?) ON CONFLICT (group_id, step, start) DO UPDATE SET data = excluded.data",
      ...[group, stepMilliseconds, from, data],
    );
  }

  /** A whole block of a group that may be new. */
  store(group: Group, block: Omit<StoredPart, "id">): void {
    this.putBlock(this.#idOfGroup(group), block);
  }

  removeBlock(id: number): void {
    this.#run("DELETE FROM blocks WHERE id = ?", id);
  }

  /** Removes blocks of the resolution that began before the moment. */
  removeBlocksBefore(stepMilliseconds: number, moment: number): void {
    this.#run("DELETE FROM blocks WHERE step = ? AND start < ?", stepMilliseconds, moment);
  }

  /** Some of the blocks that begin at that moment: those that were made first. */
  firstBlocks(stepMilliseconds: number, start: number, most: number): StoredPart[] {
    return this.#all(
      `SELECT ${part} FROM blocks WHERE step = ? AND start = ? ORDER BY id LIMIT ?`,
      ...[stepMilliseconds, start, most],
    );
  }

  /** Resolutions of which there are blocks, with where the oldest begins: that is before its first value. */
  oldest(): { stepMilliseconds: number; from: number }[] {
    return this.#all("SELECT step AS stepMilliseconds, MIN(start) AS 'from' FROM blocks GROUP BY step ORDER BY step");
  }

  oldestOfJournal(): number | undefined {
    const [row] = this.#all<{ from: number | null }>("SELECT MIN(start) AS 'from' FROM journal");
    return row?.from ?? undefined;
  }

  /** Forgets groups of which nothing is left. */
  removeEmptyGroups(): void {
    this.#run(
      "DELETE FROM groups WHERE id NOT IN (SELECT group_id FROM blocks) AND id NOT IN (SELECT group_id FROM journal)",
    );
    this.#load();
  }

  /** In use within the file, what is free left out. */
  usedBytes(): number {
    return (this.#pragma("page_count") - this.#pragma("freelist_count")) * this.#pragma("page_size");
  }

  /** SQLite refuses to let the file grow beyond. */
  limit(bytes: number): void {
    this.#sqlite.pragma(`max_page_count = ${Math.max(1, Math.floor(bytes / this.#pragma("page_size")))}`);
  }

  /** Gives free pages back to the disk, at most so many. */
  shrink(pages: number): void {
    this.#sqlite.pragma(`incremental_vacuum(${pages})`);
  }

  #pragma(name: string): number {
    return Number(this.#sqlite.pragma(name, { simple: true }));
  }

  #idOfGroup(group: Group): number {
    const key = keyOf(group.node, group.container);
    const known = this.#groups.get(key);
    // What a container is called before its instance is known is no news.
    const isNews = known !== undefined && known.instance !== group.instance && group.instance !== group.container;
    if (known !== undefined && !isNews) return known.id;
    const { lastInsertRowid } = this.#run(
      "INSERT INTO groups (node, container, instance) VALUES (?, ?, ?) ON CONFLICT (node, container) DO UPDATE SET instance = excluded.instance",
      ...[group.node, group.container, group.instance],
    );
    const id = known?.id ?? Number(lastInsertRowid);
    this.#groups.set(key, { ...group, id });
    return id;
  }

  #load(): void {
    this.#groups.clear();
    this.#columnIds.clear();
    this.#columnNames.clear();
    for (const group of this.#all<StoredGroup>("SELECT id, node, container, instance FROM groups")) {
      this.#groups.set(keyOf(group.node, group.container), group);
    }
    for (const { id, name } of this.#all<{ id: number; name: string }>("SELECT id, name FROM columns")) {
      this.#columnIds.set(name, id);
      this.#columnNames.set(id, name);
    }
  }

  #all<Row>(text: string, ...values: unknown[]): Row[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each statement is written beside the type of its columns
    return this.#statement(text).all(...values) as Row[];
  }

  #run(text: string, ...values: unknown[]): Sqlite.RunResult {
    return this.#statement(text).run(...values);
  }

  #statement(text: string): Sqlite.Statement {
    const known = this.#statements.get(text) ?? this.#sqlite.prepare(text);
    this.#statements.set(text, known);
    return known;
  }
}
