import type { BerthError } from "@berth/shared/errors";
import type { StreamChunk } from "../types.ts";

/** Output that waits for its one reader, up to a limit. */
export class OutputQueue implements AsyncIterator<StreamChunk, undefined> {
  readonly #chunks: StreamChunk[] = [];
  readonly #maxBytes: number;
  readonly #onReturn: () => void;
  readonly #onTaken: (bytes: number) => void;
  #bytes = 0;
  /** With the reader, which has not come for more. */
  #lent = 0;
  #ended: { error: BerthError | undefined } | undefined;
  #wake: (() => void) | undefined;

  /** `onTaken`: so much was read, since its reader comes for more. */
  constructor(maxBytes: number, onReturn: () => void, onTaken: (bytes: number) => void) {
    this.#maxBytes = maxBytes;
    this.#onReturn = onReturn;
    this.#onTaken = onTaken;
  }

  /** False when the reader is too far behind. */
  push(chunk: StreamChunk): boolean {
    if (this.#ended !== undefined) return true;
    if (this.#bytes + chunk.data.length > this.#maxBytes) return false;
    this.#chunks.push(chunk);
    this.#bytes += chunk.data.length;
    this.#wake?.();
    return true;
  }

  /** What was pushed before is still read; after it comes the end or the error. */
  end(error?: BerthError): void {
    this.#ended ??= { error };
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<StreamChunk, undefined>> {
    this.#onTaken(this.#lent);
    this.#lent = 0;
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.data.length;
        this.#lent = chunk.data.length;
        return { done: false, value: chunk };
      }
      if (this.#ended !== undefined) return this.#finish(this.#ended.error);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  return(): Promise<IteratorResult<StreamChunk, undefined>> {
    this.#chunks.length = 0;
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  #finish(error: BerthError | undefined): IteratorResult<StreamChunk, undefined> {
    this.#ended = { error: undefined };
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }
}
