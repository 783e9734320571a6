/** Batches of samples taken while the controller was away. Bounded: the oldest go. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type SampleBatch, sampleBatchSchema } from "@berth/shared/metrics/samples";
import * as z from "zod";

/** Two hours of ten-second batches. */
const maxStoredBatches = 720;

const rowSchema = z.object({ id: z.number(), payload: z.instanceof(Uint8Array) });

export class SampleStore {
  readonly #insert: StatementSync;
  readonly #bound: StatementSync;
  readonly #oldest: StatementSync;
  readonly #remove: StatementSync;
  readonly #limit: number;

  constructor(database: DatabaseSync, limit: number = maxStoredBatches) {
    this.#limit = limit;
    this.#insert = database.prepare("INSERT INTO sample_batches (payload) VALUES (?)");
    this.#bound = database.prepare("DELETE FROM sample_batches WHERE id <= ?");
    this.#oldest = database.prepare("SELECT id, payload FROM sample_batches ORDER BY id LIMIT ?");
    this.#remove = database.prepare("DELETE FROM sample_batches WHERE id = ?");
  }

  add(batch: SampleBatch): void {
    const id = Number(this.#insert.run(deflateRawSync(JSON.stringify(batch), { level: 3 })).lastInsertRowid);
    this.#bound.run(id - this.#limit);
  }

  /** The oldest batches, at most `limit`. */
  oldest(limit: number): { id: number; batch: SampleBatch }[] {
    return this.#oldest.all(limit).map((value) => {
      const row = rowSchema.parse(value);
      const text = inflateRawSync(row.payload).toString("utf8");
      return { id: row.id, batch: sampleBatchSchema.parse(JSON.parse(text)) };
    });
  }

  remove(id: number): void {
    this.#remove.run(id);
  }
}
