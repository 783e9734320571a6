/** JSON Web Tokens of one Supabase: HS256, signed with the secret that all of its parts have. */
import { type JWTPayload, SignJWT, jwtVerify } from "jose";
import { type Asked, Refusal, bearerToken, textFrom } from "../base/server.ts";

export class Tokens {
  readonly #key: Uint8Array;

  constructor(secret: string) {
    this.#key = new TextEncoder().encode(secret);
  }

  sign(claims: JWTPayload): Promise<string> {
    const issuedAt = Math.floor(Date.now() / 1000);
    return new SignJWT({ exp: issuedAt + 3600, iat: issuedAt, ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .sign(this.#key);
  }

  /** Claims of the request's token; throws a refusal for one that is missing, expired or signed by somebody else. */
  async claims({ headers }: Pick<Asked, "headers">): Promise<JWTPayload & { role: string }> {
    const token = bearerToken(headers);
    if (token === undefined) throw new Refusal(401, "No token");
    try {
      const { payload } = await jwtVerify(token, this.#key, { algorithms: ["HS256"] });
      return { ...payload, role: textFrom(payload["role"]) };
    } catch (error) {
      throw new Refusal(401, error instanceof Error ? error.message : "Invalid token");
    }
  }
}
