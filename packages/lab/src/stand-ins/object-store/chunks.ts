/** Bodies in aws-chunked encoding: sizes in hexadecimal, with a signature for each chunk, and trailing headers. */
import { createHash } from "node:crypto";
import { Refusal } from "./errors.ts";
import { type Signing, chunkSignature, sameText, trailerSignature } from "./signature.ts";

export interface ChunkOptions {
  /** undefined: the chunks are not signed. */
  signing: Signing | undefined;
  hasTrailers: boolean;
  /** Is told of each trailing header. */
  onTrailer: (name: string, value: string) => void;
}

const longestLine = 8192;

/** The data without its framing. A wrong signature is told after the chunk's data: keep nothing before the end. */
export async function* decodeChunks(source: AsyncIterable<Buffer>, options: ChunkOptions): AsyncGenerator<Buffer> {
  const input = new Input(source);
  let previous = options.signing?.signature ?? "";
  for (;;) {
    const [digits = "", extension = ""] = (await input.line()).split(";");
    if (!/^[0-9a-fA-F]{1,8}$/.test(digits)) throw new Refusal("IncompleteBody");
    let left = Number.parseInt(digits, 16);
    const isLast = left === 0;
    const hash = createHash("sha256");
    while (left > 0) {
      const data = await input.take(left);
      left -= data.length;
      hash.update(data);
      yield data;
    }
    if (options.signing !== undefined) {
      const expected = chunkSignature(options.signing, previous, hash.digest("hex"));
      if (!sameText(`chunk-signature=${expected}`, extension)) throw new Refusal("SignatureDoesNotMatch");
      previous = expected;
    }
    if (isLast) break;
    if ((await input.line()) !== "") throw new Refusal("IncompleteBody");
  }
  if (options.hasTrailers) await readTrailers(input, previous, options);
}

async function readTrailers(input: Input, previous: string, { signing, onTrailer }: ChunkOptions): Promise<void> {
  let signed = "";
  let signature: string | undefined;
  for (let line = await input.line(); line !== ""; line = await input.line()) {
    const [name = "", ...rest] = line.split(":");
    const value = rest.join(":").trim();
    if (name.toLowerCase() === "x-amz-trailer-signature") {
      signature = value;
      continue;
    }
    signed += `${name.toLowerCase()}:${value}\n`;
    onTrailer(name.toLowerCase(), value);
  }
  if (signing !== undefined && !sameText(trailerSignature(signing, previous, signed), signature ?? "")) {
    throw new Refusal("SignatureDoesNotMatch");
  }
}

/** Reads lines and stretches of data from a stream of buffers. */
class Input {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to CR LF, which is taken and left out. The very end of the body counts as the end of a line. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#rest.toString("latin1", 0, end);
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
      if (this.#rest.length > longestLine) throw new Refusal("IncompleteBody");
      const next = await this.#source.next();
      if (next.done === true) {
        if (this.#rest.length > 0) throw new Refusal("IncompleteBody");
        return "";
      }
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
  }

  /** At least one byte and at most `most`. */
  async take(most: number): Promise<Buffer> {
    if (this.#rest.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) throw new Refusal("IncompleteBody");
      this.#rest = next.value;
    }
    const data = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(data.length);
    return data;
  }
}
