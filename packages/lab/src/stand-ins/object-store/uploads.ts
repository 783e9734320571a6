import { createHash, randomUUID } from "node:crypto";
import type { StoredBlob, WrittenBlob } from "./blobs.ts";
import { type Database, type Row, number, text } from "./database.ts";
import { Refusal } from "./errors.ts";
import { type Page, type PageOptions, behind, takePage } from "./listing.ts";

export interface Upload {
  id: string;
  bucket: string;
  key: string;
  startedAt: number;
  headers: Readonly<Record<string, string>>;
}

export interface Part {
  number: number;
  blob: StoredBlob;
  size: number;
  etag: string;
  modifiedAt: number;
}

/** A part as the client names it when it completes an upload. */
export interface NamedPart {
  number: number;
  etag: string;
}

/** What a completed upload becomes. */
export interface Assembly {
  blobs: readonly StoredBlob[];
  size: number;
  etag: string;
  /** Files of parts that were not named. */
  unused: readonly StoredBlob[];
}

const smallestPart = 5 * 1024 ** 2;

/** Uploads in parts that are neither completed nor aborted. */
export class Uploads {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  begin(bucket: string, key: string, headers: Readonly<Record<string, string>>, now: number): string {
    const id = randomUUID();
    this.#database.run(
      "INSERT INTO upload (id, bucket, key, started_at, headers) VALUES (?, ?, ?, ?, ?)",
      ...[id, bucket, key, now, JSON.stringify(headers)],
    );
    return id;
  }

  get(bucket: string, key: string, id: string): Upload {
    const row = this.#database.row("SELECT * FROM upload WHERE id = ? AND bucket = ? AND key = ?", id, bucket, key);
    if (row === undefined) throw new Refusal("NoSuchUpload");
    return toUpload(row);
  }

  /** Gives the file of the part that it replaces. */
  putPart({ id, bucket, key }: Upload, partNumber: number, blob: WrittenBlob, now: number): StoredBlob | undefined {
    return this.#database.transaction(() => {
      this.get(bucket, key, id);
      const replaced = this.parts(id).find((part) => part.number === partNumber);
      this.#database.run(
        "INSERT OR REPLACE INTO part (upload, number, blob, size, etag, modified_at) VALUES (?, ?, ?, ?, ?, ?)",
        ...[id, partNumber, blob.id, blob.size, blob.md5, now],
      );
      return replaced?.blob;
    });
  }

  /** In the order of their numbers. */
  parts(upload: string): Part[] {
    return this.#database.rows("SELECT * FROM part WHERE upload = ? ORDER BY number", upload).map(toPart);
  }

  /** What the object would be; refuses parts that are missing, out of order, changed or too small. */
  assemble(upload: Upload, named: readonly NamedPart[]): Assembly {
    const parts = new Map(this.parts(upload.id).map((part) => [part.number, part]));
    if (named.length === 0) throw new Refusal("MalformedXML");
    if (named.some((part, index) => part.number <= (named[index - 1]?.number ?? 0))) {
      throw new Refusal("InvalidPartOrder");
    }
    const chosen = named.map(({ number: position, etag }, index) => {
      const part = parts.get(position);
      if (part === undefined || part.etag !== etag.replaceAll('"', "")) throw new Refusal("InvalidPart");
      if (index < named.length - 1 && part.size < smallestPart) throw new Refusal("EntityTooSmall");
      return part;
    });
    const digest = createHash("md5")
      .update(Buffer.from(chosen.map(({ etag }) => etag).join(""), "hex"))
      .digest("hex");
    return {
      blobs: chosen.map(({ blob }) => blob),
      size: chosen.reduce((sum, { size }) => sum + size, 0),
      etag: `${digest}-${chosen.length}`,
      unused: [...parts.values()].filter((part) => !chosen.includes(part)).map(({ blob }) => blob),
    };
  }

  /** Forgets an upload with its parts; their files belong to whoever asked. */
  forget(id: string): void {
    this.#database.run("DELETE FROM upload WHERE id = ?", id);
  }

  ofBucket(bucket: string): Upload[] {
    return this.#database.rows("SELECT * FROM upload WHERE bucket = ?", bucket).map(toUpload);
  }

  /** By key, those of one key by id, from behind the markers on. */
  list(bucket: string, marker: { key: string; id: string }, options: PageOptions): Page<Upload> {
    const rows = this.#database.each(
      `SELECT * FROM upload WHERE bucket = ? AND (key > ? OR (key = ? AND id > ?))
        AND key >= ? AND key < ? ORDER BY key, id`,
      ...[bucket, marker.key, marker.key, marker.id === "" ? behind("") : marker.id],
      ...[options.prefix, behind(options.prefix)],
    );
    return takePage(toUploads(rows), options);
  }
}

function* toUploads(rows: Iterable<Row>): Generator<Upload> {
  for (const row of rows) yield toUpload(row);
}

function toUpload(row: Row): Upload {
  return {
    id: text(row, "id"),
    bucket: text(row, "bucket"),
    key: text(row, "key"),
    startedAt: number(row, "started_at"),
    headers: JSON.parse(text(row, "headers")),
  };
}

function toPart(row: Row): Part {
  return {
    number: number(row, "number"),
    blob: { id: text(row, "blob"), size: number(row, "size") },
    size: number(row, "size"),
    etag: text(row, "etag"),
    modifiedAt: number(row, "modified_at"),
  };
}
