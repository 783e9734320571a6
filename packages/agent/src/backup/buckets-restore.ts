/** Brings buckets to what their tar holds: every object of it, and no other. Repeating it changes nothing. */
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/shared/errors";
import type { Client } from "minio";
import { extract, type Extract } from "tar-stream";
import { type ObjectHeaders, parseEntryName, parseHeaders } from "./object-entry.ts";
import { type BucketsSource, listKeys, openStore, storeError } from "./object-store.ts";
import { drain } from "./tool.ts";

const removeAtOnce = 1000;

/** `renamed`: buckets by their names in the tar, where they have others now. */
export async function restoreBuckets(
  source: BucketsSource,
  signal: AbortSignal,
  dump: AsyncIterable<Buffer>,
  renamed: Readonly<Record<string, string>> = {},
): Promise<void> {
  const client = await openStore(source);
  const entries = extract();
  try {
    await Promise.all([pipeline(dump, entries), putObjects(client, source, entries, signal, renamed)]);
  } catch (error) {
    entries.destroy();
    signal.throwIfAborted();
    throw storeError(error, source);
  }
}

/** The tar is read to its end before anything is removed. */
async function putObjects(
  client: Client,
  source: BucketsSource,
  entries: Extract,
  signal: AbortSignal,
  renamed: Readonly<Record<string, string>>,
): Promise<void> {
  const keys = new Map<string, Set<string>>();
  let headers: ObjectHeaders = {};
  for await (const entry of entries) {
    signal.throwIfAborted();
    const { kind, bucket: former, key } = parseEntryName(entry.header.name);
    const bucket = renamed[former] ?? former;
    if (!source.buckets.includes(bucket)) throw unknownBucket(former);
    const content = Readable.from(entry);
    if (kind === "headers") {
      headers = parseHeaders(await text(content));
      continue;
    }
    const present = keys.get(bucket) ?? new Set();
    keys.set(bucket, present);
    if (key === "") {
      await drain(content);
      continue;
    }
    present.add(key);
    await client.putObject(bucket, key, content, entry.header.size ?? 0, headers);
  }
  for (const [bucket, present] of keys) await removeSurplus(client, bucket, present);
}

async function removeSurplus(client: Client, bucket: string, present: ReadonlySet<string>): Promise<void> {
  let surplus: string[] = [];
  for await (const key of listKeys(client, bucket)) {
    if (present.has(key)) continue;
    surplus.push(key);
    if (surplus.length < removeAtOnce) continue;
    await client.removeObjects(bucket, surplus);
    surplus = [];
  }
  if (surplus.length > 0) await client.removeObjects(bucket, surplus);
}

function unknownBucket(bucket: string): BerthError {
  return new BerthError("request.invalid", `The backup holds a bucket ${bucket} that is not to be restored.`, {
    hint: "Restore it to the owner that it was made of.",
  });
}
