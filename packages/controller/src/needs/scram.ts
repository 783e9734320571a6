/**
 * SCRAM-SHA-256 verifiers as PostgreSQL stores them (RFC 5803). Berth computes them itself, so that a role's password
 * neither travels in a statement nor shows in the server's log, and so that a stored one can be compared.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

const iterations = 4096;
const pattern = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/;

/** A verifier for an ASCII password (Berth generates no others, so SASLprep changes nothing). */
export function createVerifier(password: string, salt: Buffer = randomBytes(16), rounds: number = iterations): string {
  const salted = pbkdf2Sync(password, salt, rounds, 32, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  return `SCRAM-SHA-256$${rounds}:${salt.toString("base64")}$${storedKey}:${hmac(salted, "Server Key").toString("base64")}`;
}

/** Pairs that matched: 4096 rounds take milliseconds, and a re-apply asks for every role again. */
const matched = new Map<string, Buffer>();

export function matchesVerifier(password: string, verifier: string): boolean {
  const digest = createHash("sha256").update(password).digest();
  const known = matched.get(verifier);
  if (known !== undefined && timingSafeEqual(known, digest)) return true;
  const [, rounds, salt] = pattern.exec(verifier) ?? [];
  if (rounds === undefined || salt === undefined || Number(rounds) > 1_000_000) return false;
  const expected = Buffer.from(createVerifier(password, Buffer.from(salt, "base64"), Number(rounds)));
  const actual = Buffer.from(verifier);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return false;
  if (matched.size > 10_000) matched.clear();
  matched.set(verifier, digest);
  return true;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
