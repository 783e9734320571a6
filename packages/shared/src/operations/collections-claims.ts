/** Which rights an instance's token carries in Qdrant. Pure: the planner compares these, the controller signs them. */
import type * as z from "zod";
import type { tokenSecretSchema } from "../catalog/schema.ts";
import type { CollectionsNeed } from "./collections-ensure.ts";

export type TokenClaims = z.output<typeof tokenSecretSchema>["token"]["claims"];

/**
 * The collection that holds a point for each token that is admitted. No instance's collection can have this name:
 * those have at least three parts, `<tenant>_<service>_<collection>`.
 */
export const tokensCollection = "berth_tokens";

/** The key of a point's payload that the claim below looks for. */
export const tokenKey = "token";

/**
 * Claims of Qdrant's tokens (src/common/auth/claims.rs of v1.19). Without `access` a token would give every right, so it
 * is always there. `rw`, not `prw`: Open WebUI adds a vector of another size to its collections when its embedding model
 * changes. `subject` names the instance in Qdrant's audit log. No time: a token ends when its point is removed.
 */
export function collectionsClaims(need: CollectionsNeed): TokenClaims {
  return {
    access: need.collections.map(({ name }) => ({ collection: name, access: "rw" })),
    value_exists: { collection: tokensCollection, matches: [{ key: tokenKey, value: need.token }] },
    subject: need.instance,
  };
}

/** What all of an instance's collections begin with: `user1-openwebui` -> `user1_openwebui_`. */
export function ownPrefix(instance: string): string {
  return `${instance.replaceAll("-", "_")}_`;
}
