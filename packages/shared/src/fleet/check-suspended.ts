/** A shared service rests only when nothing that runs needs it. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import { isSuspended } from "./awake.ts";
import type { Finding } from "./check.ts";
import { placements } from "./instances.ts";
import { possibleNeeds, serverOf } from "./needs.ts";
import type { Fleet } from "./schema.ts";

/** By suspended shared service: the instances that run and cannot without it. `catalog`: with the fleet's own services. */
export function bereft(fleet: Fleet, catalog: Catalog): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { instance, tenant, service } of placements(fleet, catalog)) {
    if (isSuspended(fleet, { tenant, service: service.name })) continue;
    for (const server of new Set(possibleNeeds(fleet, service).map(serverOf))) {
      if (!isSuspended(fleet, { tenant: null, service: server })) continue;
      found.set(server, [...(found.get(server) ?? []), instance]);
    }
  }
  return found;
}

export function checkSuspended(fleet: Fleet, catalog: Catalog): Finding[] {
  return [...bereft(fleet, catalog)].map(([server, instances]) => ({
    path: ["services", "shared", server, "suspended"],
    message: `'${server}' cannot be suspended: ${instances.join(", ")} ${instances.length === 1 ? "needs" : "need"} it and would run`,
  }));
}
