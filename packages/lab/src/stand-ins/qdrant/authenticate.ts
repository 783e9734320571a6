/** From a request's key or token to its rights (src/common/auth/mod.rs of Qdrant v1.19). */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Access, fullAccess, readAccess } from "./access.ts";
import { Refusal, tokenForbidden, unauthorized } from "./errors.ts";
import type { Keys } from "./settings.ts";
import { type Claims, readToken, type ValueExists } from "./token.ts";

export interface AuthenticateContext {
  keys: Keys;
  nowSeconds: number;
  /** Whether a point with these values is there; undefined: the collection is not. */
  valueExists: (claim: ValueExists) => boolean | undefined;
}

export function authenticate(headers: IncomingHttpHeaders, context: AuthenticateContext): Access {
  const { keys } = context;
  if (keys.readWrite.length === 0 && keys.readOnly.length === 0) return fullAccess;
  const key = givenKey(headers);
  if (key === undefined) throw unauthorized("Must provide an API key or an Authorization bearer token");
  if (keys.readWrite.some((candidate) => isSame(candidate, key))) return fullAccess;
  if (keys.readOnly.some((candidate) => isSame(candidate, key))) return readAccess;
  const claims = readWithAny(key, context);
  if (claims.valueExists !== undefined) checkValueExists(claims.valueExists, context);
  return claims.access;
}

function givenKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headers["api-key"];
  if (typeof key === "string") return key;
  const bearer = headers.authorization;
  return bearer?.startsWith("Bearer ") === true ? bearer.slice("Bearer ".length) : undefined;
}

/** A token signed with either key will do; otherwise the first reason against it is told. */
function readWithAny(token: string, { keys, nowSeconds }: AuthenticateContext): Claims {
  const refusals: Refusal[] = [];
  for (const key of keys.signing) {
    try {
      const claims = readToken(token, key, nowSeconds);
      if (claims !== undefined) return claims;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error);
    }
  }
  throw refusals[0] ?? unauthorized("Invalid API key or JWT");
}

function checkValueExists(claim: ValueExists, { valueExists }: AuthenticateContext): void {
  const exists = valueExists(claim);
  if (exists === undefined) throw tokenForbidden("Invalid JWT, stateful validation failed");
  if (!exists) throw unauthorized("Invalid JWT, stateful validation failed");
}

function isSame(first: string, second: string): boolean {
  const digest = (value: string): Buffer => createHash("sha256").update(value).digest();
  return timingSafeEqual(digest(first), digest(second));
}
