/** What is suspended: a tenant with all its instances, one instance, or a shared service with its replicas. Pure. */
import type { Fleet } from "./schema.ts";

/** What tells of an instance whether it is suspended; `service` by its name. */
export interface Sleeper {
  tenant: string | null;
  service: string;
}

/** Whether the instance is taken down while all it holds is kept, by itself or with its tenant. */
export function isSuspended(fleet: Pick<Fleet, "tenants" | "services">, { tenant, service }: Sleeper): boolean {
  if (tenant === null) return fleet.services.shared[service]?.suspended === true;
  return isTenantSuspended(fleet, tenant) || isServiceSuspended(fleet.tenants[tenant]?.services[service]);
}

export function isTenantSuspended({ tenants }: Pick<Fleet, "tenants">, tenant: string | null): boolean {
  return tenant !== null && tenants[tenant]?.suspended === true;
}

function isServiceSuspended(own: Fleet["tenants"][string]["services"][string] | undefined): boolean {
  return own !== undefined && own !== false && own.suspended === true;
}

/** Why an instance that is suspended does not run. */
export function suspensionReason(
  fleet: Pick<Fleet, "tenants">,
  { tenant, instance }: { tenant: string | null; instance: string },
): string {
  return isTenantSuspended(fleet, tenant) ? `tenant '${tenant}' is suspended` : `${instance} is suspended`;
}

/** The command that brings it back. */
export function awakening(
  fleet: Pick<Fleet, "tenants">,
  { tenant, instance }: { tenant: string | null; instance: string },
): string {
  return isTenantSuspended(fleet, tenant) ? `berth tenant resume ${tenant}` : `berth start ${instance}`;
}

/** The fleet with nothing suspended: what it has, whether that runs or not. */
export function awake(fleet: Fleet): Fleet {
  const tenants = Object.entries(fleet.tenants).map(([name, tenant]) => {
    const services = mapValues(tenant.services, (own) => (own === false ? own : { ...own, suspended: false }));
    return [name, { ...tenant, services, suspended: false }] as const;
  });
  const shared = mapValues(fleet.services.shared, (service) => ({ ...service, suspended: false }));
  return { ...fleet, tenants: Object.fromEntries(tenants), services: { ...fleet.services, shared } };
}

function mapValues<Value>(record: Record<string, Value>, change: (value: Value) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
