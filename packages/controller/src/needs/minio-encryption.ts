/**
 * How MinIO's admin API wants bodies that hold secrets: sealed with the caller's own secret key, whether or not the
 * connection is encrypted. Format: minio/madmin-go, encrypt.go (EncryptData); its stream: secure-io/sio-go, sio.go.
 *
 *   salt (32) | algorithm (1) | nonce (8) | fragments of 16 KiB, each with its tag (16)
 */
import { argon2, createCipheriv, randomBytes, type Argon2Parameters } from "node:crypto";
import { promisify } from "node:util";

const fragmentSize = 16_384;
const tagSize = 16;
/** Argon2id for the key, AES-256 in GCM for the data. */
const algorithm = 0x00;
const costs = { parallelism: 4, memory: 64 * 1024, passes: 1, tagLength: 32 } as const;
const deriveKey = promisify<"argon2id", Argon2Parameters, Buffer>(argon2);

/** Seals `data` for whoever knows `secretKey`. `salt` and `nonce` are given by tests alone: each must be used once. */
export async function encryptForAdmin(
  secretKey: string,
  data: Buffer,
  { salt = randomBytes(32), nonce = randomBytes(8) }: { salt?: Buffer; nonce?: Buffer } = {},
): Promise<Buffer> {
  const key = await deriveKey("argon2id", { message: secretKey, nonce: salt, ...costs });
  // Fragment 0 is empty and never sent: its tag goes into what every other one authenticates.
  const opening = seal(key, fragmentNonce(nonce, 0), Buffer.alloc(0), Buffer.alloc(0));
  const sealed = fragmentsOf(data).map((fragment, position, { length }) => {
    const mark = Buffer.of(position === length - 1 ? 0x80 : 0x00);
    return seal(key, fragmentNonce(nonce, position + 1), Buffer.concat([mark, opening]), fragment);
  });
  return Buffer.concat([salt, Buffer.of(algorithm), nonce, ...sealed]);
}

/** At least one, which may be empty: the last fragment is marked as such, so that a cut stream shows. */
function fragmentsOf(data: Buffer): Buffer[] {
  const count = Math.max(1, Math.ceil(data.length / fragmentSize));
  return Array.from({ length: count }, (_, position) =>
    data.subarray(position * fragmentSize, (position + 1) * fragmentSize),
  );
}

function fragmentNonce(nonce: Buffer, sequence: number): Buffer {
  const whole = Buffer.alloc(12);
  nonce.copy(whole);
  whole.writeUInt32LE(sequence, 8);
  return whole;
}

function seal(key: Buffer, nonce: Buffer, associated: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagSize });
  cipher.setAAD(associated);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
