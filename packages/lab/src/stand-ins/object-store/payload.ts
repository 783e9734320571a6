/** The body of a request: its framing taken off, and everything that was promised about it verified. */
import { createHash } from "node:crypto";
import { type Checksum, createChecksum } from "./checksums.ts";
import { decodeChunks } from "./chunks.ts";
import { Refusal } from "./errors.ts";
import type { Signing } from "./signature.ts";

export interface PayloadSource {
  header: (name: string) => string | undefined;
  /** Lower-case names of the headers that were sent. */
  headerNames: readonly string[];
  body: AsyncIterable<Buffer>;
  /** undefined: an anonymous request. */
  signing: Signing | undefined;
}

export interface Payload {
  /** Bytes without framing. */
  size: number;
  /** Throws a refusal at the end if the data is not what the headers say: keep nothing before. */
  data: AsyncIterable<Buffer>;
}

const largestText = 4 * 1024 ** 2;
const checksumPrefix = "x-amz-checksum-";
/** Headers that say which checksum follows, and how, but are none. */
const aboutChecksums = new Set([`${checksumPrefix}algorithm`, `${checksumPrefix}mode`, `${checksumPrefix}type`]);

export function openPayload(source: PayloadSource): Payload {
  const form = source.header("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
  const isChunked = form.startsWith("STREAMING-");
  const length = source.header(isChunked ? "x-amz-decoded-content-length" : "content-length");
  if (length === undefined || !/^\d+$/.test(length)) {
    // A body that is sent in HTTP's own chunks tells no length before it ends.
    if (isChunked || source.header("transfer-encoding") !== undefined) throw new Refusal("MissingContentLength");
  }
  const size = Number(length ?? "0");
  return { size, data: verified(source, form, size) };
}

/** The whole body as text; longer ones than any document of S3 are refused. */
export async function readText(payload: Payload): Promise<Buffer> {
  if (payload.size > largestText) throw new Refusal("EntityTooLarge");
  const parts: Buffer[] = [];
  for await (const data of payload.data) parts.push(data);
  return Buffer.concat(parts);
}

/** Whether a checksum of the body came along, which S3 demands where a mistake would delete something. */
export function hasChecksum({ header, headerNames }: PayloadSource): boolean {
  return (
    header("content-md5") !== undefined || header("x-amz-trailer") !== undefined || namesIn(headerNames).length > 0
  );
}

function namesIn(headerNames: readonly string[]): string[] {
  return headerNames.filter((name) => name.startsWith(checksumPrefix) && !aboutChecksums.has(name));
}

async function* verified(source: PayloadSource, form: string, size: number): AsyncGenerator<Buffer> {
  const expected = new Map(namesIn(source.headerNames).map((name) => [name, source.header(name) ?? ""]));
  const promised = (source.header("x-amz-trailer") ?? "").toLowerCase().split(",");
  const names = new Set([...expected.keys(), ...namesIn(promised.map((name) => name.trim()))]);
  const checksums = [...names].map((name): [string, Checksum] => [name, createChecksum(name)]);
  const md5 = createHash("md5");
  const sha256 = createHash("sha256");
  let received = 0;
  for await (const data of unframed(source, form, (name, value) => expected.set(name, value))) {
    received += data.length;
    if (received > size) throw new Refusal("IncompleteBody");
    for (const [, checksum] of checksums) checksum.update(data);
    md5.update(data);
    sha256.update(data);
    yield data;
  }
  if (received !== size) throw new Refusal("IncompleteBody");
  if (/^[0-9a-f]{64}$/.test(form) && sha256.digest("hex") !== form) throw new Refusal("XAmzContentSHA256Mismatch");
  const expectedMd5 = source.header("content-md5");
  if (expectedMd5 !== undefined) {
    if (Buffer.from(expectedMd5, "base64").length !== 16) throw new Refusal("InvalidDigest");
    if (md5.digest("base64") !== expectedMd5) throw new Refusal("BadDigest");
  }
  for (const [name, checksum] of checksums) {
    if (checksum.digest() !== expected.get(name)) throw new Refusal("BadDigest");
  }
}

function unframed(
  { body, signing }: PayloadSource,
  form: string,
  onTrailer: (name: string, value: string) => void,
): AsyncIterable<Buffer> {
  switch (form) {
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
      return decodeChunks(body, { signing: demandSigning(signing), hasTrailers: false, onTrailer });
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return decodeChunks(body, { signing: demandSigning(signing), hasTrailers: true, onTrailer });
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return decodeChunks(body, { signing: undefined, hasTrailers: true, onTrailer });
    default:
      if (form === "UNSIGNED-PAYLOAD" || /^[0-9a-f]{64}$/.test(form)) return body;
      throw new Refusal("NotImplemented", `The stand-in knows no payload of the form ${form}`);
  }
}

function demandSigning(signing: Signing | undefined): Signing {
  if (signing === undefined) throw new Refusal("AccessDenied");
  return signing;
}
