/** What a tool writes, taken apart without losing Docker's backpressure. */
import { FrameReader } from "./frames.ts";

const keptBytes = 16 * 1024;

export class ToolOutput {
  #said = Buffer.alloc(0);

  /** The last of stderr. */
  get stderr(): string {
    return this.#said.toString("utf8");
  }

  /** stdout, while the source is read no faster than this. */
  async *stdout(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const ready: Buffer[] = [];
    const frames = new FrameReader((channel, data) => {
      if (channel === "stdout") ready.push(data);
      else this.#said = Buffer.concat([this.#said, data]).subarray(-keptBytes);
    });
    for await (const chunk of source) {
      frames.write(chunk);
      yield* ready.splice(0);
    }
  }
}
