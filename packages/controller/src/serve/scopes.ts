/** What each tenant's account may see, of the present fleet. */
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import { placements } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import { scopeOfTenant, type Scope } from "../accounts/scope.ts";
import { rememberLast } from "./remember-last.ts";

/** Asked at each event of each stream: a scope is made once for each fleet. */
export function createScopes(presentFleet: () => Fleet | null): (tenant: string) => Scope {
  const scopesOf = rememberLast((fleet: Fleet) => ({
    placed: placements(fleet, catalogOf(fleet, catalog)),
    known: new Map<string, Scope>(),
  }));
  return (tenant) => {
    const fleet = presentFleet();
    // A name that the fleet does not have is nobody's, whatever instances are called.
    if (fleet === null || !Object.hasOwn(fleet.tenants, tenant)) return scopeOfTenant(tenant, []);
    const { placed, known } = scopesOf(fleet);
    const scope = known.get(tenant) ?? scopeOfTenant(tenant, placed);
    known.set(tenant, scope);
    return scope;
  };
}
