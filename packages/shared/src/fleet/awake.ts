import type { Fleet } from "./schema.ts";

/** The fleet with nobody suspended: what its tenants have, whether they run or not. Pure. */
export function awake(fleet: Fleet): Fleet {
  const tenants = Object.entries(fleet.tenants).map(([name, tenant]) => [name, { ...tenant, suspended: false }]);
  return { ...fleet, tenants: Object.fromEntries(tenants) };
}
