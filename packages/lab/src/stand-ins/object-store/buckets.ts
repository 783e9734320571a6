import { type Database, type Row, number, text } from "./database.ts";
import { Refusal } from "./errors.ts";
import { type Policy, parsePolicy } from "./policy.ts";

export type Versioning = "" | "Enabled" | "Suspended";

export interface Bucket {
  name: string;
  /** Milliseconds since 1970. */
  madeAt: number;
  versioning: Versioning;
  /** In bytes; 0: none. */
  quota: number;
  /** What requests that nobody signed may do. */
  policy: Policy | undefined;
}

export class Buckets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  list(): Bucket[] {
    return this.#database.rows("SELECT * FROM bucket ORDER BY name").map(toBucket);
  }

  find(name: string): Bucket | undefined {
    const row = this.#database.row("SELECT * FROM bucket WHERE name = ?", name);
    return row === undefined ? undefined : toBucket(row);
  }

  get(name: string): Bucket {
    const bucket = this.find(name);
    if (bucket === undefined) throw new Refusal("NoSuchBucket");
    return bucket;
  }

  make(name: string, now: number): void {
    if (!isBucketName(name)) throw new Refusal("InvalidBucketName");
    if (this.find(name) !== undefined) throw new Refusal("BucketAlreadyOwnedByYou");
    this.#database.run("INSERT INTO bucket (name, made_at) VALUES (?, ?)", name, now);
  }

  /** Only an empty one: neither versions nor delete markers may be left. Unfinished uploads end with it. */
  remove(name: string): void {
    this.#database.transaction(() => {
      this.get(name);
      if (this.#database.row("SELECT 1 FROM version WHERE bucket = ? LIMIT 1", name) !== undefined) {
        throw new Refusal("BucketNotEmpty");
      }
      this.#database.run("DELETE FROM upload WHERE bucket = ?", name);
      this.#database.run("DELETE FROM bucket WHERE name = ?", name);
    });
  }

  setVersioning(name: string, versioning: Versioning): void {
    this.#database.run("UPDATE bucket SET versioning = ? WHERE name = ?", versioning, name);
  }

  setQuota(name: string, bytes: number): void {
    this.#database.run("UPDATE bucket SET quota = ? WHERE name = ?", bytes, name);
  }

  setPolicy(name: string, document: string | null): void {
    this.#database.run("UPDATE bucket SET policy = ? WHERE name = ?", document, name);
  }

  /** What each bucket holds: its latest versions as objects, the bytes of all of them. */
  counts(): { name: string; bytes: number; objects: number }[] {
    return this.#database
      .rows(
        `SELECT bucket.name AS name, coalesce(sum(version.size), 0) AS bytes,
          coalesce(sum(version.is_latest = 1 AND version.is_marker = 0), 0) AS objects
        FROM bucket LEFT JOIN version ON version.bucket = bucket.name GROUP BY bucket.name ORDER BY bucket.name`,
      )
      .map((row) => ({ name: text(row, "name"), bytes: number(row, "bytes"), objects: number(row, "objects") }));
  }

  /** Refuses what would make the bucket's content reach its quota; `size` is what is about to be added. */
  demandRoom({ name, quota }: Bucket, size: number): void {
    if (quota === 0) return;
    const row = this.#database.row(
      `SELECT (SELECT coalesce(sum(size), 0) FROM version WHERE bucket = ?1)
        + (SELECT coalesce(sum(part.size), 0) FROM part JOIN upload ON upload.id = upload WHERE bucket = ?1) AS used`,
      name,
    );
    const used = row === undefined ? 0 : number(row, "used");
    // At the very quota MinIO refuses as well. It counts anew now and then only, the stand-in each time.
    if (used + size >= quota) throw new Refusal("XMinioAdminBucketQuotaExceeded");
  }
}

function toBucket(row: Row): Bucket {
  const versioning = text(row, "versioning");
  return {
    name: text(row, "name"),
    madeAt: number(row, "made_at"),
    versioning: versioning === "Enabled" || versioning === "Suspended" ? versioning : "",
    quota: number(row, "quota"),
    policy: row["policy"] === null ? undefined : parsePolicy(text(row, "policy")),
  };
}

/** The rules that S3 publishes for names of buckets. */
function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|\.-|-\./.test(name) && !/^\d+\.\d+\.\d+\.\d+$/.test(name)
  );
}
