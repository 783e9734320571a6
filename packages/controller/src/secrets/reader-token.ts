/** A token by which a program beside the fleet, a router or Prometheus, reads one thing of the controller and no other. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "@berth/shared/secret";
import { readerTokenRule } from "../plan/secrets.ts";
import type { Secrets } from "./open.ts";

/**
 * How long the former token opens what the present one does. It stands in the reader's own configuration, where a person
 * changes it.
 */
export const formerTokenDays = 7;

export interface ReaderToken {
  /** Made at the first call. */
  reveal: () => Promise<Secret>;
  /** Compares in constant time. False as long as there is none. */
  isToken: (candidate: string) => boolean;
}

export type ReaderTokenSecrets = Pick<Secrets, "ensure" | "reveal" | "version" | "earlier" | "list">;

/**
 * The present version counts, and for some days the one before it; rotated twice, neither of those from before does. A
 * router that shows an older one keeps the routes it has.
 */
export function createReaderToken(
  name: string,
  secrets: ReaderTokenSecrets,
  now: () => number = Date.now,
): ReaderToken {
  /** Undefined: there is none, or its days are over. */
  function former(): Secret | undefined {
    const present = secrets.list().find((secret) => secret.name === name);
    const age = now() - Date.parse(present?.createdAt ?? "");
    return age < formerTokenDays * 86_400_000 ? secrets.earlier(name)[0] : undefined;
  }

  return {
    async reveal() {
      await secrets.ensure(name, readerTokenRule);
      return secrets.reveal(name);
    },
    isToken(candidate) {
      if (secrets.version(name) === null) return false;
      return isSame(candidate, secrets.reveal(name)) || isSame(candidate, former());
    },
  };
}

function isSame(candidate: string, token: Secret | undefined): boolean {
  // Hashes have one length, which timingSafeEqual demands.
  return token !== undefined && timingSafeEqual(hash(candidate), hash(token.reveal()));
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
