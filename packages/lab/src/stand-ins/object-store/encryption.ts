/**
 * Bodies of the admin API that hold secrets, sealed with the secret key of whoever asks. The format is that of
 * minio/madmin-go, encrypt.go, with the stream of secure-io/sio-go:
 * salt (32) | algorithm (1) | nonce (8) | fragments of 16 KiB and their tags (16).
 */
import { argon2, createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { Refusal } from "./errors.ts";

const plainFragment = 16_384;
const tagSize = 16;
const headerSize = 32 + 1 + 8;

type Cipher = "aes-256-gcm" | "chacha20-poly1305";

interface Algorithm {
  cipher: Cipher;
  deriveKey: (secretKey: string, salt: Buffer) => Promise<Buffer>;
}

const argon2Key = promisify((secretKey: string, salt: Buffer, done: (error: Error | null, key: Buffer) => void): void =>
  argon2(
    "argon2id",
    { message: secretKey, nonce: salt, parallelism: 4, memory: 65_536, passes: 1, tagLength: 32 },
    done,
  ),
);
const pbkdf2Key = promisify((secretKey: string, salt: Buffer, done: (error: Error | null, key: Buffer) => void): void =>
  pbkdf2(secretKey, salt, 8192, 32, "sha256", done),
);

/** By their number in the header. */
const algorithms: readonly Algorithm[] = [
  { cipher: "aes-256-gcm", deriveKey: argon2Key },
  { cipher: "chacha20-poly1305", deriveKey: argon2Key },
  { cipher: "aes-256-gcm", deriveKey: pbkdf2Key },
];

/** Seals with Argon2id and AES, as MinIO does on a machine that has AES in hardware. */
export async function encrypt(secretKey: string, plain: Buffer): Promise<Buffer> {
  const salt = randomBytes(32);
  const nonce = randomBytes(8);
  const stream = { cipher: "aes-256-gcm" as const, key: await argon2Key(secretKey, salt), nonce };
  const fragments: Buffer[] = [];
  const opening = sealFragment(stream, 0, Buffer.alloc(0), Buffer.alloc(0));
  for (let start = 0; start === 0 || start < plain.length; start += plainFragment) {
    const isLast = start + plainFragment >= plain.length;
    const associated = Buffer.concat([Buffer.of(isLast ? 0x80 : 0), opening]);
    fragments.push(
      sealFragment(stream, fragments.length + 1, associated, plain.subarray(start, start + plainFragment)),
    );
  }
  return Buffer.concat([salt, Buffer.of(0), nonce, ...fragments]);
}

/** Opens what was sealed with this secret key by any of MinIO's algorithms; anything else is refused. */
export async function decrypt(secretKey: string, sealed: Buffer): Promise<Buffer> {
  const algorithm = algorithms[sealed[32] ?? -1];
  if (algorithm === undefined || sealed.length < headerSize + tagSize) throw new Refusal("XMinioAdminConfigBadJSON");
  const key = await algorithm.deriveKey(secretKey, sealed.subarray(0, 32));
  const stream = { cipher: algorithm.cipher, key, nonce: sealed.subarray(33, headerSize) };
  const opening = sealFragment(stream, 0, Buffer.alloc(0), Buffer.alloc(0));
  const fragments: Buffer[] = [];
  const size = plainFragment + tagSize;
  for (let start = headerSize; start < sealed.length; start += size) {
    const isLast = start + size >= sealed.length;
    const associated = Buffer.concat([Buffer.of(isLast ? 0x80 : 0), opening]);
    fragments.push(openFragment(stream, fragments.length + 1, associated, sealed.subarray(start, start + size)));
  }
  return Buffer.concat(fragments);
}

interface Stream {
  cipher: Cipher;
  key: Buffer;
  nonce: Buffer;
}

function fragmentNonce(nonce: Buffer, sequence: number): Buffer {
  const counter = Buffer.alloc(4);
  counter.writeUInt32LE(sequence);
  return Buffer.concat([nonce, counter]);
}

function sealFragment({ cipher, key, nonce }: Stream, sequence: number, associated: Buffer, plain: Buffer): Buffer {
  const whole = fragmentNonce(nonce, sequence);
  const sealer =
    cipher === "aes-256-gcm"
      ? createCipheriv(cipher, key, whole, { authTagLength: tagSize })
      : createCipheriv(cipher, key, whole, { authTagLength: tagSize });
  sealer.setAAD(associated, { plaintextLength: plain.length });
  return Buffer.concat([sealer.update(plain), sealer.final(), sealer.getAuthTag()]);
}

function openFragment({ cipher, key, nonce }: Stream, sequence: number, associated: Buffer, sealed: Buffer): Buffer {
  if (sealed.length < tagSize) throw new Refusal("XMinioAdminConfigBadJSON");
  const end = sealed.length - tagSize;
  const whole = fragmentNonce(nonce, sequence);
  const opener =
    cipher === "aes-256-gcm"
      ? createDecipheriv(cipher, key, whole, { authTagLength: tagSize })
      : createDecipheriv(cipher, key, whole, { authTagLength: tagSize });
  opener.setAAD(associated, { plaintextLength: end });
  opener.setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([opener.update(sealed.subarray(0, end)), opener.final()]);
  } catch (error) {
    if (error instanceof Error && error.message.includes("unable to authenticate")) {
      throw new Refusal("XMinioAdminConfigBadJSON");
    }
    throw error;
  }
}
