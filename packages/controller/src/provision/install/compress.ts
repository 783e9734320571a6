import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import * as z from "zod";

const recordSchema = z.object({ source: z.string(), sha256: z.string(), size: z.int() });

export interface Compressed {
  /** Of the compressed file; hex. */
  sha256: string;
  /** Of the compressed file, in bytes. */
  size: number;
}

/**
 * Compresses what `open` gives into the file, unless that was done before from a source of the same name: a record
 * beside it tells. The way to hosts is mostly short: a tenth more to send costs less than the seconds that a better
 * compression takes.
 */
export async function compressOnce(file: string, source: string, open: () => Readable): Promise<Compressed> {
  const known = await readRecord(file);
  if (known !== null && known.source === source) return { sha256: known.sha256, size: known.size };
  const next = `${file}.next-${process.pid}`;
  const hash = createHash("sha256");
  try {
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    await pipeline(open(), gzip, (chunks: AsyncIterable<Buffer>) => hashing(hash, chunks), createWriteStream(next));
    const compressed = { sha256: hash.digest("hex"), size: (await stat(next)).size };
    await rename(next, file);
    await writeFile(`${file}.json`, JSON.stringify({ source, ...compressed }));
    return compressed;
  } finally {
    await rm(next, { force: true });
  }
}

/** The record of what the file holds, or null when there is none or it is not of this file. */
async function readRecord(file: string): Promise<z.output<typeof recordSchema> | null> {
  try {
    const record = recordSchema.parse(JSON.parse(await readFile(`${file}.json`, "utf8")));
    return (await stat(file)).size === record.size ? record : null;
  } catch {
    // Missing or unreadable: it is made anew.
    return null;
  }
}

async function* hashing(hash: Hash, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
