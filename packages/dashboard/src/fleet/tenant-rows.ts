/** Tenants as a reader sees them, and what is shared as one of them. Pure. */
import type { InstanceStatus, OwnerBackups } from "@berth/shared/api/status";
import type { TenantStatus } from "@berth/shared/api/tenants";
import type { OwnerUsage } from "@berth/shared/api/usage";
import { sharedScope } from "@berth/shared/names";
import { standingOf } from "./backup-rows.ts";

/** The first is what the page begins with. */
export const tenantOrders = ["attention", "name", "cpu", "memory", "databases", "points", "buckets"] as const;
export type TenantOrder = (typeof tenantOrders)[number];

export interface TenantRow {
  name: string;
  /** null: what is shared, which no tenant has. */
  tenant: TenantStatus | null;
  /** undefined: not told yet. */
  usage: OwnerUsage | undefined;
  instances: readonly InstanceStatus[];
  /** Of what is shared, each service has its own: the one that is worst. */
  backups: OwnerBackups | undefined;
}

interface Told {
  tenants: readonly TenantStatus[];
  usage: readonly OwnerUsage[] | undefined;
  instances: readonly InstanceStatus[];
  backups: readonly OwnerBackups[] | undefined;
}

/** In the fleet's order, what is shared last: it is there once its use is told. */
export function tenantRows({ tenants, usage, instances, backups }: Told): TenantRow[] {
  const byTenant = Map.groupBy(instances, ({ tenant }) => tenant);
  const rows = tenants.map((tenant): TenantRow => {
    const { name } = tenant;
    return {
      ...{ name, tenant, usage: usage?.find((owner) => owner.tenant === name) },
      instances: byTenant.get(name) ?? [],
      backups: backups?.find(({ owner }) => owner === name),
    };
  });
  const shared = usage?.find((owner) => owner.tenant === null);
  if (shared === undefined) return rows;
  const own = byTenant.get(null) ?? [];
  const names = new Set(own.map(({ name }) => name));
  const worst = backups?.filter(({ owner }) => names.has(owner)).toSorted((a, b) => age(a).localeCompare(age(b)))[0];
  return [...rows, { name: sharedScope, tenant: null, usage: shared, instances: own, backups: worst }];
}

export function sortedTenants(rows: readonly TenantRow[], by: TenantOrder): TenantRow[] {
  if (by === "attention") return rows.toSorted((one, other) => rank(one) - rank(other));
  if (by === "name") return [...rows];
  return rows.toSorted((one, other) => weight(other, by) - weight(one, by));
}

/** Whether its instances are to run. */
export function isActive({ tenant }: TenantRow): boolean {
  return tenant === null || tenant.state === "active";
}

export function isTroubled(backups: OwnerBackups): boolean {
  return !["complete", "none"].includes(standingOf(backups));
}

/** What is broken, then what is not backed up, then the rest. */
function rank(row: TenantRow): number {
  if (isActive(row) && row.instances.some(({ state }) => state !== "healthy")) return 0;
  return row.backups !== undefined && isTroubled(row.backups) ? 1 : 2;
}

/** What is not measured comes last. */
function weight({ usage }: TenantRow, by: Exclude<TenantOrder, "attention" | "name">): number {
  const value = {
    cpu: usage?.cpuCores,
    memory: usage?.memoryBytes,
    databases: usage?.databaseBytes,
    points: usage?.points,
    buckets: usage?.bucketBytes,
  }[by];
  return value ?? -1;
}

/** Sorts what is amiss before everything else, then the oldest. */
function age(backups: OwnerBackups): string {
  return `${isTroubled(backups) ? 0 : 1} ${backups.newest?.createdAt ?? ""}`;
}
