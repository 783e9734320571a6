/** Buckets as a tar: a directory for each, and its objects in the order of their keys. */
import { pipeline } from "node:stream/promises";
import type { Client } from "minio";
import { pack, type Pack } from "tar-stream";
import { entryName } from "./object-entry.ts";
import { type BucketsSource, listKeys, openStore, readObject, storeError } from "./object-store.ts";

/** What did not change makes the same bytes again. */
const unchanging = new Date(0);

/** Returns the number of objects by bucket. An object that is deleted meanwhile is left out. */
export async function dumpBuckets(
  source: BucketsSource,
  signal: AbortSignal,
  sink: (chunk: Buffer) => Promise<void>,
): Promise<Record<string, number>> {
  const client = await openStore(source);
  const tar = pack();
  try {
    const [counts] = await Promise.all([addBuckets(client, source, tar, signal), passOn(tar, sink)]);
    return counts;
  } catch (error) {
    tar.destroy();
    signal.throwIfAborted();
    throw storeError(error, source);
  }
}

async function passOn(tar: Pack, sink: (chunk: Buffer) => Promise<void>): Promise<void> {
  for await (const chunk of tar) if (Buffer.isBuffer(chunk)) await sink(chunk);
}

async function addBuckets(
  client: Client,
  source: BucketsSource,
  tar: Pack,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const bucket of source.buckets) {
    tar.entry({ name: entryName({ kind: "objects", bucket, key: "" }), type: "directory", mtime: unchanging });
    let count = 0;
    for await (const key of listKeys(client, bucket)) {
      signal.throwIfAborted();
      if (await addObject(client, tar, bucket, key)) count += 1;
    }
    counts[bucket] = count;
  }
  tar.finalize();
  return counts;
}

async function addObject(client: Client, tar: Pack, bucket: string, key: string): Promise<boolean> {
  const object = await readObject(client, bucket, key);
  if (object === null) return false;
  const headers = JSON.stringify(object.headers);
  tar.entry({ name: entryName({ kind: "headers", bucket, key }), mtime: unchanging }, headers);
  const header = { name: entryName({ kind: "objects", bucket, key }), size: object.size, mtime: unchanging };
  await pipeline(object.content, tar.entry(header));
  return true;
}
