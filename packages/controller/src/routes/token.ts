/** The router's key to its routes: it reads them, and nothing else. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "@berth/shared/secret";
import type { Secrets } from "../secrets/open.ts";

/** No instance is named `berth-routes`. */
export const routesTokenName = "berth-routes/token";
export const routesTokenRule = { length: 48, alphabet: "alphanumeric" } as const;

/**
 * How long the former token opens the routes beside the present one. The token stands in the router's own configuration,
 * where a person changes it.
 */
export const formerTokenDays = 7;

export interface RoutesToken {
  /** Made at the first call. */
  reveal: () => Promise<Secret>;
  /** Compares in constant time. False as long as there is none. */
  isToken: (candidate: string) => boolean;
}

/**
 * The present version counts, and for some days the one before it; rotated twice, neither of those from before does. A
 * router that shows an older one keeps the routes it has.
 */
export function createRoutesToken(
  secrets: Pick<Secrets, "ensure" | "reveal" | "version" | "earlier" | "list">,
  now: () => number = Date.now,
): RoutesToken {
  /** Undefined: there is none, or its days are over. */
  function former(): Secret | undefined {
    const present = secrets.list().find(({ name }) => name === routesTokenName);
    const age = now() - Date.parse(present?.createdAt ?? "");
    return age < formerTokenDays * 86_400_000 ? secrets.earlier(routesTokenName)[0] : undefined;
  }

  return {
    async reveal() {
      await secrets.ensure(routesTokenName, routesTokenRule);
      return secrets.reveal(routesTokenName);
    },
    isToken(candidate) {
      if (secrets.version(routesTokenName) === null) return false;
      return isSame(candidate, secrets.reveal(routesTokenName)) || isSame(candidate, former());
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
