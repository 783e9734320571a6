import { createHash, randomBytes } from "node:crypto";

/** Text and secret hash of a new join token. The secret exists in the text only. */
export function makeJoinToken(caFingerprint: string): { id: string; secretHash: string; token: string } {
  const id = randomBytes(9).toString("base64url");
  const secret = randomBytes(32).toString("base64url");
  return { id, secretHash: hashSecret(secret), token: `berth1.${id}.${secret}.${caFingerprint}` };
}

/** The secret is 256 random bits: a plain hash is enough, nobody can try them all. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
