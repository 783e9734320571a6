import { BerthError } from "@berth/shared/errors";
import { FlowWindow } from "@berth/shared/protocol/flow-window";
import type { Connection } from "../connection/connection.ts";
import type { ExecStream, StreamChunk } from "../types.ts";
import { OutputQueue } from "./output-queue.ts";

/** What may wait for a slow reader. Beyond it the reader loses its stream, and nobody else notices. */
const maxQueuedBytes = 8 * 1024 * 1024;
/** base64 of it stays far below the largest message. */
const inputPieceBytes = 48 * 1024;
/** Output of a command that may be under way unread, and input: a quarter of a second of what a node may send. */
export const windowBytes = 512 * 1024;
/** The agent is told of what was read by and by, and not of each piece. */
const tellBytes = windowBytes / 4;

export interface StreamOptions {
  /** The agent waits for word of what was read. */
  hasWindow: boolean;
  /** It gives word of what the command has read. */
  hasInputWindow: boolean;
  onEnd: () => void;
}

/** One log or exec stream of a node. An exec stream is a log stream with input, so this is both. */
export class AgentStream implements ExecStream {
  readonly id: string;
  readonly connection: Connection;
  readonly exitCode: Promise<number | null>;
  readonly #queue: OutputQueue;
  readonly #exit = Promise.withResolvers<number | null>();
  readonly #onEnd: () => void;
  readonly #input: FlowWindow;
  readonly #ended = new AbortController();
  #open = true;
  #takenBytes = 0;

  constructor(id: string, connection: Connection, { hasWindow, hasInputWindow, onEnd }: StreamOptions) {
    this.id = id;
    this.connection = connection;
    this.exitCode = this.#exit.promise;
    this.#onEnd = onEnd;
    this.#input = new FlowWindow(hasInputWindow ? windowBytes : undefined);
    const onTaken = (bytes: number): void => (hasWindow ? this.#tellTaken(bytes) : undefined);
    this.#queue = new OutputQueue(maxQueuedBytes, () => this.close(), onTaken);
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamChunk, undefined> {
    return this.#queue;
  }

  async write(data: Uint8Array): Promise<void> {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    for (let start = 0; start < bytes.length && this.#open; start += inputPieceBytes) {
      const piece = bytes.subarray(start, start + inputPieceBytes);
      // What waits for a command that has ended is nobody's any more.
      await this.#input.take(piece.length, this.#ended.signal).catch(() => undefined);
      if (!this.#open) return;
      await this.connection.sendAndFlush({ type: "stream.input", id: this.id, data: piece.toString("base64") });
    }
  }

  endInput(): void {
    if (this.#open) this.connection.send({ type: "stream.input", id: this.id, data: "" });
  }

  resize(columns: number, rows: number): void {
    if (this.#open) this.connection.send({ type: "stream.resize", id: this.id, columns, rows });
  }

  close(): void {
    this.#abandon(undefined);
  }

  /** The command has taken so much of its input. */
  onTaken(bytes: number): void {
    this.#input.give(bytes);
  }

  onData(chunk: StreamChunk): void {
    if (this.#queue.push(chunk)) return;
    this.#abandon(
      new BerthError("cancelled", "The stream was ended: its reader fell 8 MiB behind", {
        hint: "Read faster, or ask for fewer lines.",
      }),
    );
  }

  onEnd(exitCode: number | null, error?: BerthError): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ended.abort();
    this.#exit.resolve(exitCode);
    this.#queue.end(error);
    this.#onEnd();
  }

  #tellTaken(bytes: number): void {
    this.#takenBytes += bytes;
    if (this.#takenBytes < tellBytes || !this.#open) return;
    this.connection.send({ type: "stream.taken", id: this.id, bytes: this.#takenBytes });
    this.#takenBytes = 0;
  }

  #abandon(error: BerthError | undefined): void {
    if (!this.#open) return;
    this.connection.send({ type: "stream.close", id: this.id });
    this.onEnd(null, error);
  }
}
