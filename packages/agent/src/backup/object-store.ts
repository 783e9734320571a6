/** The owner's buckets, by the owner's own key. */
import type { Readable } from "node:stream";
import { BerthError } from "@berth/shared/errors";
import type { BackupSource } from "@berth/shared/operations/backup-source";
import type { Client } from "minio";
import { keptOf, type ObjectHeaders } from "./object-entry.ts";

export type BucketsSource = Extract<BackupSource, { kind: "buckets" }>;

/** Not by `import`: see operations/health.ts. */
const { IncomingMessage } = process.getBuiltinModule("node:http");

/** Larger objects go in parts of this size, so that none is whole in memory. */
const partBytes = 16 * 1024 * 1024;

export interface StoredObject {
  headers: ObjectHeaders;
  size: number;
  content: Readable;
}

/** Loaded when it is needed: most agents never back up a bucket. */
export async function openStore({ endpoint, port, accessKey, secretKey }: BucketsSource): Promise<Client> {
  const minio = await import("minio");
  return new minio.Client({
    endPoint: endpoint,
    port,
    useSSL: false,
    accessKey,
    secretKey,
    // Asking each bucket for its region takes a right that tenants' keys need not have.
    region: "us-east-1",
    partSize: partBytes,
  });
}

/** Null when it was deleted meanwhile. */
export async function readObject(client: Client, bucket: string, key: string): Promise<StoredObject | null> {
  try {
    const content = await client.getObject(bucket, key);
    if (!(content instanceof IncomingMessage)) throw new TypeError("the object store's answer has no headers");
    const size = Number(content.headers["content-length"]);
    return { headers: keptOf(content.headers), size, content };
  } catch (error) {
    if (codeOf(error) === "NoSuchKey") return null;
    throw error;
  }
}

/** Keys in order. */
export async function* listKeys(client: Client, bucket: string): AsyncGenerator<string> {
  for await (const item of client.listObjectsV2(bucket, "", true)) yield nameOf(item);
}

function nameOf(item: unknown): string {
  if (typeof item === "object" && item !== null && "name" in item && typeof item.name === "string") return item.name;
  throw new TypeError("the object store lists an object without a name");
}

/** The store's failure as a BerthError. */
export function storeError(error: unknown, { endpoint, port }: BucketsSource): unknown {
  if (error instanceof BerthError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const where = `The object store at ${endpoint}:${port}`;
  const isMissing = code === "NoSuchBucket";
  return new BerthError(isMissing ? "not-found" : "store.failed", `${where} answers: ${code ?? ""} ${reason}`, {
    hint: isMissing ? "Make the buckets first: berth apply." : "Does it run, and is the owner's key still valid?",
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
