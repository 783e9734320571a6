import * as z from "zod";
import { nameSchema } from "../names.ts";

/**
 * A join token: `berth1.<id>.<secret>.<SHA-256 of the CA certificate, hex>`. It buys one certificate, once, before it
 * expires; the fingerprint lets the agent know its controller before it trusts anything else.
 */
export const joinTokenSchema = z
  .string()
  .regex(/^berth1\.[A-Za-z0-9_-]{8,32}\.[A-Za-z0-9_-]{32,64}\.[0-9a-f]{64}$/, { error: "is not a join token" });

export interface JoinToken {
  id: string;
  secret: string;
  caFingerprint: string;
}

/** The parts of a token that matches `joinTokenSchema`. */
export function parseJoinToken(token: string): JoinToken {
  const [, id, secret, caFingerprint] = joinTokenSchema.parse(token).split(".") as [string, string, string, string];
  return { id, secret, caFingerprint };
}

export const enrolPath = "/agent/enrol";
export const connectPath = "/agent/connect";

/** POST enrolPath: the key stays on the node, the certificate request goes. */
export const enrolRequestSchema = z.strictObject({ token: joinTokenSchema, csr: z.string().max(8192) });
export const enrolResponseSchema = z.strictObject({ node: nameSchema, certificate: z.string(), ca: z.string() });
