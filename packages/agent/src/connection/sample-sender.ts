/**
 * Sends batches of samples, and keeps those that the controller cannot have received. A pong to a ping sent after a
 * batch proves that it arrived; what was sent and not proven when the connection ends is sent again.
 */
import type { SampleBatch } from "@berth/shared/metrics/samples";
import { journalError } from "../journal/database.ts";
import type { SampleStore } from "../journal/sample-store.ts";
import type { Log } from "../log.ts";
import type { Connection } from "./connection.ts";

const batchesAtOnce = 10;
/** Beyond this the connection is too slow for live samples: they are kept and follow. */
const mostBufferedBytes = 2 * 1024 * 1024;

export class SampleSender {
  readonly #connection: Connection;
  readonly #store: SampleStore;
  readonly #log: Log;
  #unproven: SampleBatch[] = [];
  #backfilling = false;

  constructor(connection: Connection, store: SampleStore, log: Log) {
    this.#connection = connection;
    this.#store = store;
    this.#log = log;
  }

  send(batch: SampleBatch): void {
    const isSlow = this.#connection.bufferedBytes > mostBufferedBytes;
    if (isSlow || !this.#connection.send({ type: "samples", batch })) {
      this.#keep(batch);
      return;
    }
    this.#unproven.push(batch);
    void this.#prove(batch);
  }

  async #prove(batch: SampleBatch): Promise<void> {
    try {
      await this.#connection.confirm();
    } catch (error) {
      this.#log.debug({ reason: String(error) }, "samples were not proven to have arrived: they are kept");
      return;
    }
    this.#unproven = this.#unproven.filter((other) => other !== batch);
  }

  onOnline(): void {
    if (this.#backfilling) return;
    this.#backfilling = true;
    void this.#backfill()
      .catch((error: unknown) => {
        this.#log.info({ reason: String(error) }, "kept samples wait for the next connection");
      })
      .finally(() => {
        this.#backfilling = false;
      });
  }

  onOffline(): void {
    for (const batch of this.#unproven) this.#keep(batch);
    this.#unproven = [];
  }

  #keep(batch: SampleBatch): void {
    try {
      this.#store.add(batch);
    } catch (error) {
      this.#log.warn({ reason: journalError(error).message }, "samples could not be kept");
    }
  }

  async #backfill(): Promise<void> {
    for (;;) {
      const kept = this.#store.oldest(batchesAtOnce);
      if (kept.length === 0) return;
      for (const { batch } of kept) await this.#connection.sendAndDrain({ type: "samples", batch });
      await this.#connection.confirm();
      for (const { id } of kept) this.#store.remove(id);
    }
  }
}
