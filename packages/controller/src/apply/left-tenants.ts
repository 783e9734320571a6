/** What pruning leaves of tenants that the file no longer names. Pure. */
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Desired } from "../plan/desired.ts";
import { holdingsOf } from "../plan/owners.ts";

/**
 * A sentence for each. Pruning takes instances down and destroys nothing: what is in the stores stays until it is asked
 * for by the tenant's name. `before` is what the present fleet comes to with nobody suspended.
 */
export function leftTenants(present: Fleet, given: Fleet, before: Desired): string[] {
  const left = Object.keys(present.tenants).filter((name) => !(name in given.tenants));
  return left.map((name) => {
    const held = Object.entries(holdingsOf(before, name)).filter(([, names]) => names.length > 0);
    const listed = held.map(([what, names]) => `, ${what} ${names.join(" ")}`).join("");
    return (
      `tenant '${name}' goes with its instances alone and leaves its node, volumes, secrets${listed}; ` +
      `\`berth tenant add ${name}\` finds all of it again, \`berth tenant remove ${name}\` removes it`
    );
  });
}
