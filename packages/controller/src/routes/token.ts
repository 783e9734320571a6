/** The router's key to its routes: it reads them, and nothing else. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "@berth/shared/secret";
import type { Secrets } from "../secrets/open.ts";

/** No instance is named `berth-routes`. */
const secretName = "berth-routes/token";
const rule = { length: 48 } as const;

export interface RoutesToken {
  /** Made at the first call. */
  reveal: () => Promise<Secret>;
  /** Compares in constant time. False as long as there is none. */
  isToken: (candidate: string) => boolean;
}

/** Only the present version counts: a router that still shows a former one keeps the routes it has. */
export function createRoutesToken(secrets: Pick<Secrets, "ensure" | "reveal" | "version">): RoutesToken {
  return {
    async reveal() {
      await secrets.ensure(secretName, rule);
      return secrets.reveal(secretName);
    },
    isToken(candidate) {
      if (secrets.version(secretName) === null) return false;
      // Hashes have one length, which timingSafeEqual demands.
      return timingSafeEqual(hash(candidate), hash(secrets.reveal(secretName).reveal()));
    },
  };
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
