/** JSON Web Tokens (HS256, RFC 7519) for Qdrant, and Supabase's anon and service_role keys. */
import { createSigner } from "fast-jwt";

/**
 * The same claims and key always give the same token: no time is added, and one that the claims carry (`iat`, `exp` in
 * seconds) stays as it is. So a token is compared by signing it again.
 */
export function signToken(claims: Readonly<Record<string, unknown>>, key: string): string {
  const sign = createSigner({ key, algorithm: "HS256", noTimestamp: claims["iat"] === undefined });
  return sign({ ...claims });
}
