/** Passwords as scrypt hashes, with salt and cost beside each: `scrypt$N$r$p$salt$key`, salt and key in base64url. */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

export interface PasswordCost {
  N: number;
  r: number;
  p: number;
}

/** OWASP's second choice: as strong as N = 2^17, with a quarter of the memory (32 MiB). */
export const defaultCost: PasswordCost = { N: 2 ** 15, r: 8, p: 3 };
const saltBytes = 16;
const keyBytes = 32;
/** A stored hash that asks for more was not made here. */
const maxCost: PasswordCost = { N: 2 ** 20, r: 32, p: 16 };

export async function hashPassword(password: string, cost: PasswordCost = defaultCost): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, keyBytes, { ...cost, maxmem: memoryFor(cost) });
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** In constant time. A hash that cannot be read matches nothing. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const parsed = parseHash(hash);
  if (parsed === null) return false;
  const { salt, key, ...stored } = parsed;
  const derived = await derive(password, salt, key.length, { ...stored, maxmem: memoryFor(stored) });
  return timingSafeEqual(derived, key);
}

/** Whether the hash was made at another cost than today's. */
export function isOutdated(hash: string, cost: PasswordCost = defaultCost): boolean {
  const parsed = parseHash(hash);
  return parsed === null || parsed.N !== cost.N || parsed.r !== cost.r || parsed.p !== cost.p;
}

interface StoredHash extends PasswordCost {
  salt: Buffer;
  key: Buffer;
}

function parseHash(hash: string): StoredHash | null {
  const match = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(hash);
  if (match === null) return null;
  const [N, r, p] = match.slice(1, 4).map(Number);
  const [salt, key] = match.slice(4).map((text) => Buffer.from(text, "base64url"));
  if (N === undefined || r === undefined || p === undefined || salt === undefined || key === undefined) return null;
  if (N > maxCost.N || r > maxCost.r || p > maxCost.p || key.length !== keyBytes) return null;
  return { N, r, p, salt, key };
}

/** What scrypt needs, and some more. */
function memoryFor({ N, r, p }: PasswordCost): number {
  return 128 * r * (N + p + 2) + 1024 * 1024;
}
