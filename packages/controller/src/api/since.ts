/** From when on what carries a tenant's name is the tenant's: one that is gone may have had the name before. */
import type { Scope } from "../accounts/scope.ts";

/** ISO 8601; the epoch for an account that sees everything. */
export type SinceOf = (scope: Scope | null) => Promise<string>;

export function createSince(tenantSince: (tenant: string) => Promise<string | null>): SinceOf {
  return async (scope) => {
    if (scope === null) return new Date(0).toISOString();
    // One that the inventory does not have has nothing from before this moment.
    return (await tenantSince(scope.tenant)) ?? new Date().toISOString();
  };
}
