import { randomUUID } from "node:crypto";
import type { StoredBlob } from "./blobs.ts";
import { type Database, type Row, number, text } from "./database.ts";
import { Refusal } from "./errors.ts";
import { type Page, type PageOptions, behind, resumeAfter, takePage } from "./listing.ts";
import type { Bucket } from "./buckets.ts";

/** One version of an object, or a delete marker, which has neither data nor size. */
export interface Version {
  bucket: string;
  key: string;
  /** 'null' where the bucket has no versioning. */
  id: string;
  isLatest: boolean;
  isMarker: boolean;
  blobs: readonly StoredBlob[];
  size: number;
  etag: string;
  /** Milliseconds since 1970, whole seconds: what HTTP can say. */
  modifiedAt: number;
  /** Content-Type and the like, and x-amz-meta-*: returned as they were given. */
  headers: Readonly<Record<string, string>>;
}

export type NewVersion = Omit<Version, "bucket" | "id" | "isLatest" | "isMarker">;

export interface Deletion {
  /** What was deleted by id, or the marker that was put on top; undefined without versioning. */
  versionId?: string;
  isMarker: boolean;
  /** Files that are no longer wanted. */
  blobs: readonly StoredBlob[];
}

export interface VersionMarker {
  key: string;
  /** Empty: all versions of the key come before the marker. */
  id: string;
}

const nullId = "null";

/** Objects, with as many versions as the bucket keeps. */
export class Versions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest version, or the one of that id; undefined if there is none or it is a delete marker asked for by key. */
  find(bucket: string, key: string, id?: string): Version | undefined {
    const row =
      id === undefined
        ? this.#database.row("SELECT * FROM version WHERE bucket = ? AND key = ? AND is_latest = 1", bucket, key)
        : this.#database.row("SELECT * FROM version WHERE bucket = ? AND key = ? AND id = ?", bucket, key, id);
    return row === undefined ? undefined : toVersion(row);
  }

  /** One with data. */
  get(bucket: string, key: string, id?: string): Version {
    const version = this.find(bucket, key, id);
    if (version === undefined) throw new Refusal(id === undefined ? "NoSuchKey" : "NoSuchVersion");
    if (version.isMarker) throw new Refusal(id === undefined ? "NoSuchKey" : "MethodNotAllowed");
    return version;
  }

  /** Puts a version on top. Gives its id, and the files of the one that it replaces. */
  put(bucket: Bucket, version: NewVersion): { id: string; replaced: readonly StoredBlob[] } {
    const id = bucket.versioning === "Enabled" ? randomUUID() : nullId;
    return this.#database.transaction(() => {
      // The bucket may have been removed while the data came in.
      if (this.#database.row("SELECT 1 FROM bucket WHERE name = ?", bucket.name) === undefined) {
        throw new Refusal("NoSuchBucket");
      }
      return { id, replaced: this.#add(bucket.name, id, false, version) };
    });
  }

  /** By id for good; without one as the bucket's versioning has it: a delete marker, or nothing is left. */
  delete({ name, versioning }: Bucket, key: string, id: string | undefined, now: number): Deletion {
    return this.#database.transaction(() => {
      if (id !== undefined || versioning === "") return this.#deleteForGood(name, key, id);
      const marker = versioning === "Enabled" ? randomUUID() : nullId;
      const empty = { key, blobs: [], size: 0, etag: "", modifiedAt: now, headers: {} };
      return { versionId: marker, isMarker: true, blobs: this.#add(name, marker, true, empty) };
    });
  }

  #deleteForGood(bucket: string, key: string, id: string | undefined): Deletion {
    const version = this.find(bucket, key, id ?? nullId);
    if (version !== undefined) {
      this.#database.run("DELETE FROM version WHERE bucket = ? AND key = ? AND id = ?", bucket, key, version.id);
      this.#database.run(
        `UPDATE version SET is_latest = 1 WHERE position =
          (SELECT max(position) FROM version WHERE bucket = ? AND key = ?)`,
        bucket,
        key,
      );
    }
    return {
      ...(id === undefined ? {} : { versionId: id }),
      isMarker: version?.isMarker === true,
      blobs: version?.blobs ?? [],
    };
  }

  #add(bucket: string, id: string, isMarker: boolean, version: NewVersion): readonly StoredBlob[] {
    const replaced = this.find(bucket, version.key, id)?.blobs ?? [];
    this.#database.run("DELETE FROM version WHERE bucket = ? AND key = ? AND id = ?", bucket, version.key, id);
    this.#database.run("UPDATE version SET is_latest = 0 WHERE bucket = ? AND key = ?", bucket, version.key);
    this.#database.run(
      `INSERT INTO version (bucket, key, id, is_latest, is_marker, blobs, size, etag, modified_at, headers)
        VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`,
      ...[bucket, version.key, id, isMarker ? 1 : 0, JSON.stringify(version.blobs), version.size, version.etag],
      ...[Math.floor(version.modifiedAt / 1000) * 1000, JSON.stringify(version.headers)],
    );
    return replaced;
  }

  /** Objects by their newest version, from behind `marker` on. */
  listObjects(bucket: string, marker: string, options: PageOptions): Page<Version> {
    const rows = this.#database.each(
      `SELECT * FROM version WHERE bucket = ? AND is_latest = 1 AND is_marker = 0
        AND key > ? AND key >= ? AND key < ? ORDER BY key`,
      ...[bucket, resumeAfter(marker, options.delimiter), options.prefix, behind(options.prefix)],
    );
    return takePage(toVersions(rows), options);
  }

  /** Every version and delete marker, the newest of a key first. */
  listVersions(bucket: string, marker: VersionMarker, options: PageOptions): Page<Version> {
    const position = this.#positionOf(bucket, marker);
    const rows = this.#database.each(
      `SELECT * FROM version WHERE bucket = ? AND (key > ? OR (key = ? AND position < ?))
        AND key >= ? AND key < ? ORDER BY key, position DESC`,
      ...[bucket, resumeAfter(marker.key, options.delimiter), marker.key, position],
      ...[options.prefix, behind(options.prefix)],
    );
    return takePage(toVersions(rows), options);
  }

  #positionOf(bucket: string, { key, id }: VersionMarker): number {
    if (id === "") return 0;
    const row = this.#database.row(
      "SELECT position FROM version WHERE bucket = ? AND key = ? AND id = ?",
      bucket,
      key,
      id,
    );
    return row === undefined ? 0 : number(row, "position");
  }
}

function* toVersions(rows: Iterable<Row>): Generator<Version> {
  for (const row of rows) yield toVersion(row);
}

function toVersion(row: Row): Version {
  return {
    bucket: text(row, "bucket"),
    key: text(row, "key"),
    id: text(row, "id"),
    isLatest: row["is_latest"] === 1,
    isMarker: row["is_marker"] === 1,
    blobs: JSON.parse(text(row, "blobs")),
    size: number(row, "size"),
    etag: text(row, "etag"),
    modifiedAt: number(row, "modified_at"),
    headers: JSON.parse(text(row, "headers")),
  };
}
