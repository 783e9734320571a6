/** Collections as lines of JSON: `{collection, parameters}`, then `{point}` for each of its points. */
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { lines } from "../docker/events.ts";
import {
  collectionParameters,
  type CollectionsSource,
  deletePoints,
  type Point,
  type PointId,
  pointSchema,
  scrollIds,
  scrollPoints,
  upsertPoints,
} from "./qdrant.ts";

const lineSchema = z.union([
  z.object({ collection: z.string(), parameters: z.unknown() }),
  z.object({ point: pointSchema }),
]);
const batchSize = 64;

/** Returns the number of points by collection. */
export async function dumpCollections(
  source: CollectionsSource,
  signal: AbortSignal,
  sink: (chunk: Buffer) => Promise<void>,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const collection of source.collections) {
    const parameters = await collectionParameters(source, collection, signal);
    await sink(toLines([{ collection, parameters }]));
    let count = 0;
    for await (const points of scrollPoints(source, collection, signal)) {
      count += points.length;
      if (points.length > 0) await sink(toLines(points.map((point) => ({ point }))));
    }
    counts[collection] = count;
  }
  return counts;
}

/**
 * Every point of the dump is there afterwards, and no other. Repeating it changes nothing. `renamed`: collections by their
 * names in the dump, where they have others now.
 */
export async function restoreCollections(
  source: CollectionsSource,
  signal: AbortSignal,
  dump: AsyncIterable<Buffer>,
  renamed: Readonly<Record<string, string>> = {},
): Promise<void> {
  const wanted = new Set(source.collections);
  const restore = new CollectionRestore(source, signal);
  for await (const line of lines(decoded(dump))) {
    const entry = lineSchema.parse(JSON.parse(line));
    if ("point" in entry) await restore.add(entry.point);
    else {
      const collection = renamed[entry.collection] ?? entry.collection;
      if (!wanted.has(collection)) throw unknownCollection(entry.collection);
      await restore.begin(collection);
    }
  }
  await restore.end();
}

class CollectionRestore {
  readonly #source: CollectionsSource;
  readonly #signal: AbortSignal;
  #collection: string | undefined;
  #batch: Point[] = [];
  /** Of the collection under way. */
  #ids = new Set<PointId>();

  constructor(source: CollectionsSource, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  async begin(collection: string): Promise<void> {
    await this.end();
    this.#collection = collection;
  }

  async add(point: Point): Promise<void> {
    this.#ids.add(point.id);
    this.#batch.push(point);
    if (this.#batch.length >= batchSize) await this.#flush();
  }

  /** The collection is complete: what it does not hold goes. */
  async end(): Promise<void> {
    await this.#flush();
    if (this.#collection === undefined) return;
    for await (const page of scrollIds(this.#source, this.#collection, this.#signal)) {
      const surplus = page.filter((id) => !this.#ids.has(id));
      await deletePoints(this.#source, this.#collection, surplus, this.#signal);
    }
    this.#ids = new Set();
    this.#collection = undefined;
  }

  async #flush(): Promise<void> {
    const points = this.#batch;
    this.#batch = [];
    if (this.#collection !== undefined) await upsertPoints(this.#source, this.#collection, points, this.#signal);
  }
}

function toLines(entries: readonly unknown[]): Buffer {
  return Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
}

/** Chunks end anywhere, also within a character. */
async function* decoded(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function unknownCollection(collection: string): BerthError {
  return new BerthError("request.invalid", `The backup holds a collection ${collection} that is not to be restored.`, {
    hint: "Restore it to the instance that it was made of.",
  });
}
