/** AES-256-GCM with name and version as associated data: a ciphertext moved to another name does not open. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

export interface SealedValue {
  /** Ciphertext followed by its tag. */
  ciphertext: Uint8Array;
  nonce: Uint8Array;
}

export function seal(key: Buffer, name: string, version: number, value: string): SealedValue {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData(name, version));
  const ciphertext = Buffer.concat([cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return { ciphertext, nonce };
}

/** Throws when key, name, version or a single bit is another. */
export function unseal(key: Buffer, name: string, version: number, sealed: SealedValue): string {
  const { ciphertext, nonce } = sealed;
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(associatedData(name, version));
  decipher.setAuthTag(ciphertext.subarray(-tagBytes));
  return decipher.update(ciphertext.subarray(0, -tagBytes), undefined, "utf8") + decipher.final("utf8");
}

function associatedData(name: string, version: number): Buffer {
  return Buffer.from(JSON.stringify([name, version]), "utf8");
}
