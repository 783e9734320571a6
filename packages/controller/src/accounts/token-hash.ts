import { createHash } from "node:crypto";

/** Tokens are random: a plain hash is enough, and finding one by it tells nothing about others. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
