/** What an instance needs, and what it is connected to in this very fleet. Pure. */
import type { Need, Service, Use } from "../catalog/schema.ts";
import type { Fleet } from "./schema.ts";

const servers = { database: "postgres", collections: "qdrant", buckets: "minio" } as const;

/** The shared service that meets a need. */
export function serverOf(need: Need): string {
  return need.kind === "service" ? need.service : servers[need.kind];
}

/** Buckets that every tenant has, beside those that its services ask for. */
export const tenantBuckets = ["backups"] as const;

/** The uses of a service that the fleet has; `hasKey` says whether the instance's tenant was given a key. */
export function presentUses(fleet: Fleet, service: Service, hasKey: (key: string) => boolean): Use[] {
  return service.uses.filter((use) =>
    use.service === undefined ? use.key !== undefined && hasKey(use.key) : use.service in fleet.services.shared,
  );
}

/** What must be there before the instance starts: its own needs, and those of what it is connected to. */
export function allNeeds(service: Service, uses: readonly Use[]): Need[] {
  return [...service.needs, ...uses.flatMap(({ needs }) => needs)];
}

/** The same in this fleet, whatever keys its tenants were given. */
export function possibleNeeds(fleet: Fleet, service: Service): Need[] {
  return allNeeds(
    service,
    presentUses(fleet, service, () => true),
  );
}
