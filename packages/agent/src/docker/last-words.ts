/** The last of what a container says on stderr. */
import { once } from "node:events";
import type { Readable } from "node:stream";
import { FrameReader } from "./frames.ts";

const keptBytes = 16 * 1024;

export class LastWords {
  /** Once Docker has no more of it, or has gone. */
  readonly ended: Promise<void>;
  #kept = Buffer.alloc(0);

  /** `attached`: to stderr alone, and before the container starts. */
  constructor(attached: Readable) {
    const frames = new FrameReader((_channel, data) => {
      this.#kept = Buffer.concat([this.#kept, data]).subarray(-keptBytes);
    });
    attached.on("data", (chunk: Buffer) => frames.write(chunk));
    this.ended = once(attached, "close").then(
      () => undefined,
      () => undefined,
    );
  }

  get text(): string {
    return this.#kept.toString("utf8");
  }
}
