/** JSON Web Tokens as Qdrant reads them (src/common/auth/jwt_parser.rs and claims.rs of v1.19). */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type Access, parseAccess } from "./access.ts";
import { tokenForbidden, unauthorized } from "./errors.ts";
import { type JsonObject, isObject } from "./json.ts";

/** For clocks that differ. */
const leewaySeconds = 30;

/** The token is good only while a point with these payload values exists. */
export interface ValueExists {
  collection: string;
  matches: readonly { key: string; value: string | number | boolean }[];
}

export interface Claims {
  access: Access;
  valueExists?: ValueExists;
}

/** undefined: it does not look like a token at all. One that does, and is not good, is refused. */
export function readToken(token: string, key: string, nowSeconds: number): Claims | undefined {
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  // Only HS256: neither "none" nor another algorithm of the same family.
  if (decode(header)?.["alg"] !== "HS256") return undefined;
  const expected = createHmac("sha256", key).update(`${header}.${payload}`).digest();
  const actual = Buffer.from(signature, "base64url");
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) throw tokenForbidden("InvalidSignature");
  return readClaims(decode(payload), nowSeconds);
}

function readClaims(claims: JsonObject | undefined, nowSeconds: number): Claims | undefined {
  if (claims === undefined) return undefined;
  const access = parseAccess(claims["access"]);
  const valueExists = parseValueExists(claims["value_exists"]);
  const expires = claims["exp"] ?? null;
  if (access === undefined || valueExists === "malformed") return undefined;
  if (expires !== null && typeof expires !== "number") return undefined;
  if (expires !== null && expires < nowSeconds - leewaySeconds) throw tokenForbidden("ExpiredSignature");
  if (access === "invalid") throw unauthorized("access: Collection name should be unique");
  return valueExists === undefined ? { access } : { access, valueExists };
}

function parseValueExists(claim: unknown): ValueExists | "malformed" | undefined {
  if (claim === undefined || claim === null) return undefined;
  if (!isObject(claim) || typeof claim["collection"] !== "string" || !Array.isArray(claim["matches"]))
    return "malformed";
  const matches: { key: string; value: string | number | boolean }[] = [];
  for (const match of claim["matches"]) {
    if (!isObject(match)) return "malformed";
    const { key, value } = match;
    if (typeof key !== "string" || !isScalar(value)) return "malformed";
    matches.push({ key, value });
  }
  return { collection: claim["collection"], matches };
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
