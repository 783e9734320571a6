/** A container's log, read with timestamps, entry by entry. */
import type { Readable } from "node:stream";
import { type Channel, FrameReader } from "./frames.ts";

/** A line, or a piece of one that is longer than 16 KiB: only a line's last piece ends with a newline. */
export interface LogEntry {
  /** Docker's timestamp. All are of one length, so they are in the order of their times as text, too. */
  at: string;
  channel: Channel;
  text: Buffer;
}

/** How far a log was read: to the entry of this time, and how many of it when several have the same. */
export interface LogPosition {
  at: string;
  count: number;
}

export function hasReached(position: LogPosition, goal: LogPosition): boolean {
  return position.at > goal.at || (position.at === goal.at && position.count >= goal.count);
}

const timestampLength = "2026-11-30T21:26:23.123456789Z ".length;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z $/;

export class LogReader {
  readonly #output: Readable;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #frames: FrameReader;
  /** Of an entry whose end has not come. */
  #parts: Buffer[] = [];
  #entries: LogEntry[] = [];
  #position: LogPosition;
  /** To be left out, of the time that the log is read from: they were read before. */
  readonly #before: LogPosition;

  /** `position`: where reading begins; entries up to there are left out. */
  constructor(output: Readable, position: LogPosition = { at: "", count: 0 }) {
    this.#output = output;
    // Whoever reads is told; until somebody does, it is nobody's.
    output.on("error", () => undefined);
    this.#chunks = output[Symbol.asyncIterator]();
    this.#frames = new FrameReader((channel, data, isLast) => this.#onData(channel, data, isLast));
    this.#position = { ...position };
    this.#before = { ...position };
  }

  /** Of what was taken. */
  get position(): LogPosition {
    return { ...this.#position };
  }

  /** The one to be taken next, of those that have come. */
  get next(): LogEntry | undefined {
    return this.#entries[0];
  }

  /** Waits until there is an entry to be taken; false: the log has ended. */
  async fill(): Promise<boolean> {
    while (this.#entries.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#frames.write(value);
    }
    return true;
  }

  take(): LogEntry | undefined {
    const entry = this.#entries.shift();
    if (entry !== undefined) this.#pass(entry);
    return entry;
  }

  /** All that have come. */
  takeAll(): LogEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    for (const entry of entries) this.#pass(entry);
    return entries;
  }

  close(): void {
    this.#output.destroy();
  }

  #onData(channel: Channel, data: Buffer, isLast: boolean): void {
    this.#parts.push(data);
    if (!isLast) return;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    const head = whole.toString("latin1", 0, timestampLength);
    // What Docker says of its own, of a log that it cannot read, has no time: it stands where it comes.
    const entry = timestamp.test(head)
      ? { at: head.trimEnd(), channel, text: whole.subarray(timestampLength) }
      : { at: this.#entries.at(-1)?.at ?? this.#position.at, channel, text: whole };
    if (entry.at === this.#before.at && this.#before.count > 0) this.#before.count -= 1;
    else this.#entries.push(entry);
  }

  #pass({ at }: LogEntry): void {
    if (at === this.#position.at) this.#position.count += 1;
    else this.#position = { at, count: 1 };
  }
}
