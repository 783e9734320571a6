/** The checksums that S3 knows in headers and trailers; each takes data as it passes. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Refusal } from "./errors.ts";

export interface Checksum {
  update: (data: Buffer) => void;
  /** Base64, as in the header. */
  digest: () => string;
}

const makers: Readonly<Record<string, () => Checksum>> = {
  "x-amz-checksum-crc32": () => rollingChecksum((data, value) => crc32(data, value)),
  "x-amz-checksum-crc32c": () => rollingChecksum(crc32c),
  "x-amz-checksum-sha1": () => hashChecksum("sha1"),
  "x-amz-checksum-sha256": () => hashChecksum("sha256"),
};

/** By the header's name in lower case; one that the stand-in cannot compute is refused rather than trusted. */
export function createChecksum(header: string): Checksum {
  const make = makers[header];
  if (make === undefined) throw new Refusal("NotImplemented", `The stand-in cannot verify ${header}`);
  return make();
}

function hashChecksum(algorithm: string): Checksum {
  const hash = createHash(algorithm);
  return { update: (data) => void hash.update(data), digest: () => hash.digest("base64") };
}

function rollingChecksum(roll: (data: Buffer, value: number) => number): Checksum {
  let value = 0;
  return {
    update: (data) => {
      value = roll(data, value);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString("base64");
    },
  };
}

/** CRC-32C (RFC 3720, appendix B.4) with its polynomial reversed; zlib has the other CRC-32 only. */
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82_f6_3b_78 : value >>> 1;
  return value >>> 0;
});

export function crc32c(data: Buffer, previous = 0): number {
  let value = ~previous;
  for (const byte of data) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return ~value >>> 0;
}
