/** Collections and their points, in a file of SQLite: killed at any moment, it is as after its last write. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { alreadyExists, collectionMissing } from "./errors.ts";
import { type JsonObject, parseObject } from "./json.ts";
import { fromSortKey, type PointId, sortKey } from "./point-id.ts";
import { parseVectorsSettings, type Vectors, type VectorsSettings } from "./vectors.ts";

export interface CollectionSettings {
  vectors: VectorsSettings;
  /** What was given of `hnsw_config`; the rest is Qdrant's default. */
  hnsw: JsonObject;
}

export interface StoredPoint {
  id: PointId;
  vectors: Vectors;
  payload: JsonObject;
  /** Of the operation that wrote it last. */
  version: number;
}

const schema = `
create table if not exists collection (name text primary key, settings text not null, operation integer not null);
create table if not exists point (
  collection text not null references collection (name) on delete cascade,
  key text not null, vectors text not null, payload text not null, version integer not null,
  primary key (collection, key)) without rowid;
create table if not exists payload_index (
  collection text not null references collection (name) on delete cascade,
  field text not null, schema text not null, primary key (collection, field)) without rowid;
`;

export class Storage {
  readonly #database: DatabaseSync;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#database = new DatabaseSync(join(directory, "stand-in.db"));
    // `normal`: safe against a kill, not against a power failure.
    this.#database.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on");
    this.#database.exec(schema);
  }

  /** Sorted by name. */
  collections(): string[] {
    return this.#database
      .prepare("select name from collection order by name")
      .all()
      .map((row) => String(row["name"]));
  }

  find(collection: string): CollectionSettings | undefined {
    const row = this.#database.prepare("select settings from collection where name = ?").get(collection);
    return row === undefined ? undefined : readSettings(String(row["settings"]));
  }

  require(collection: string): CollectionSettings {
    const settings = this.find(collection);
    if (settings === undefined) throw collectionMissing(collection);
    return settings;
  }

  create(collection: string, settings: CollectionSettings): void {
    if (this.find(collection) !== undefined) throw alreadyExists(collection);
    this.#database
      .prepare("insert into collection (name, settings, operation) values (?, ?, 0)")
      .run(collection, JSON.stringify(settings));
  }

  change(collection: string, settings: CollectionSettings): void {
    this.#database
      .prepare("update collection set settings = ? where name = ?")
      .run(JSON.stringify(settings), collection);
  }

  /** Whether it was there. Its snapshots stay, as with the original. */
  delete(collection: string): boolean {
    return Number(this.#database.prepare("delete from collection where name = ?").run(collection).changes) > 0;
  }

  /** Schemas by field. */
  indexes(collection: string): Map<string, unknown> {
    return new Map(
      this.#database
        .prepare("select field, schema from payload_index where collection = ? order by field")
        .all(collection)
        .map((row) => [String(row["field"]), JSON.parse(String(row["schema"]))]),
    );
  }

  setIndex(collection: string, field: string, fieldSchema: unknown): void {
    this.#database
      .prepare("insert or replace into payload_index (collection, field, schema) values (?, ?, ?)")
      .run(collection, field, JSON.stringify(fieldSchema));
  }

  deleteIndex(collection: string, field: string): void {
    this.#database.prepare("delete from payload_index where collection = ? and field = ?").run(collection, field);
  }

  /** In the order of their ids, from `from` on. */
  *points(collection: string, from?: PointId): Generator<StoredPoint> {
    const rows = this.#database
      .prepare("select key, vectors, payload, version from point where collection = ? and key >= ? order by key")
      .iterate(collection, from === undefined ? "" : sortKey(from));
    for (const row of rows) yield readPoint(row);
  }

  point(collection: string, id: PointId): StoredPoint | undefined {
    const row = this.#database
      .prepare("select key, vectors, payload, version from point where collection = ? and key = ?")
      .get(collection, sortKey(id));
    return row === undefined ? undefined : readPoint(row);
  }

  countPoints(collection: string): number {
    const row = this.#database.prepare("select count(*) as points from point where collection = ?").get(collection);
    return Number(row?.["points"]);
  }

  put(collection: string, { id, vectors, payload, version }: StoredPoint): void {
    this.#database
      .prepare("insert or replace into point (collection, key, vectors, payload, version) values (?, ?, ?, ?, ?)")
      .run(collection, sortKey(id), JSON.stringify(vectors), JSON.stringify(payload), version);
  }

  remove(collection: string, id: PointId): void {
    this.#database.prepare("delete from point where collection = ? and key = ?").run(collection, sortKey(id));
  }

  /** Runs the writes of one operation: all of them or none. Gives the operation's number. */
  operate(collection: string, work: (operation: number) => void): number {
    this.require(collection);
    this.#database.exec("begin immediate");
    try {
      const row = this.#database
        .prepare("update collection set operation = operation + 1 where name = ? returning operation")
        .get(collection);
      const operation = Number(row?.["operation"]);
      work(operation);
      this.#database.exec("commit");
      return operation;
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}

function readSettings(text: string): CollectionSettings {
  const { vectors, hnsw } = parseObject(text);
  return { vectors: parseVectorsSettings(vectors), hnsw: parseObject(JSON.stringify(hnsw)) };
}

function readPoint(row: Record<string, unknown>): StoredPoint {
  const vectors: Vectors = JSON.parse(String(row["vectors"]));
  return {
    id: fromSortKey(String(row["key"])),
    vectors,
    payload: parseObject(String(row["payload"])),
    version: Number(row["version"]),
  };
}
