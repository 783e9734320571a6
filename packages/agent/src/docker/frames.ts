/** Docker's multiplexed streams: frames of an 8-byte header (channel, length) and as many bytes of stdout or stderr. */

export type Channel = "stdout" | "stderr";

const headerLength = 8;
/** Longer frames are not Docker's: it writes at most 16 KiB of log, or what one write of a process held. */
const maxFrameBytes = 16 * 1024 * 1024;

/** Takes chunks as they come and gives each frame's bytes as far as they have come, so that nothing is held back. */
export class FrameReader {
  readonly #onData: (channel: Channel, data: Buffer, isLast: boolean) => void;
  #header: Buffer = Buffer.alloc(0);
  #remaining = 0;
  #channel: Channel = "stdout";

  /** `isLast`: of its frame. */
  constructor(onData: (channel: Channel, data: Buffer, isLast: boolean) => void) {
    this.#onData = onData;
  }

  write(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#remaining > 0 ? this.#body(rest) : this.#head(rest);
  }

  #head(chunk: Buffer): Buffer {
    const wanted = headerLength - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, wanted)]);
    if (this.#header.length === headerLength) {
      this.#channel = this.#header[0] === 2 ? "stderr" : "stdout";
      this.#remaining = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
      if (this.#remaining > maxFrameBytes) throw new RangeError("Docker's stream is out of step: a frame is too long.");
    }
    return chunk.subarray(wanted);
  }

  #body(chunk: Buffer): Buffer {
    const data = chunk.subarray(0, this.#remaining);
    this.#remaining -= data.length;
    this.#onData(this.#channel, data, this.#remaining === 0);
    return chunk.subarray(data.length);
  }
}
