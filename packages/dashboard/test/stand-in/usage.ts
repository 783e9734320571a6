/** What the stand-in's tenants use: the later in the alphabet, the more. */
import type { TenantStatus } from "@berth/shared/api/tenants";
import type { Usage } from "@berth/shared/api/usage";

const mebibyte = 1024 ** 2;

export function makeUsage(now: number, tenants: readonly TenantStatus[]): Usage {
  const countedAt = new Date(now - 1_200_000).toISOString();
  const held = tenants.map(({ name: tenant, instances, databases, collections, buckets }, index) => ({
    databases: databases.map((database, position) => ({
      ...{ server: "shared-postgres", tenant, instance: instances[position]?.name ?? "", database },
      ...{ bytes: (9 + 31 * index) * mebibyte, connections: Math.min(3 + index * 5, 20), connectionLimit: 20 },
      counts: (database.endsWith("_n8n") ? { workflows: 4 + index, executions: 120 * (index + 1) } : {}) as Record<
        string,
        number
      >,
    })),
    collections: collections.map((collection) => ({
      ...{ server: "shared-qdrant", tenant, instance: instances[0]?.name ?? "", collection, points: 1200 * index },
    })),
    buckets: buckets.map((bucket, position) => ({
      ...{ server: "shared-minio", tenant, owner: tenant, bucket, bytes: position === 0 ? 96 * index * mebibyte : 0 },
      ...{
        objects: position === 0 ? 40 * index : 0,
        quotaBytes: 1024 * mebibyte,
        fullAt: position === 0 && index > 2 ? new Date(now + 12.2 * 86_400_000).toISOString() : null,
        countedAt: position === 0 ? countedAt : null,
      },
    })),
  }));
  return {
    readAt: new Date(now).toISOString(),
    owners: [
      ...tenants.map(({ name: tenant }, index) => ({
        ...{ tenant, cpuCores: 0.05 + 0.4 * index, memoryBytes: (700 + 350 * index) * mebibyte },
        databaseBytes: sum(held[index]?.databases.map(({ bytes }) => bytes)),
        connections: sum(held[index]?.databases.map(({ connections }) => connections)),
        points: sum(held[index]?.collections.map(({ points }) => points)),
        bucketBytes: sum(held[index]?.buckets.map(({ bytes }) => bytes)),
        objects: sum(held[index]?.buckets.map(({ objects }) => objects)),
      })),
      {
        ...{ tenant: null, cpuCores: 0.44, memoryBytes: 2250 * mebibyte, databaseBytes: 212 * mebibyte },
        ...{ connections: 9, points: 0, bucketBytes: 0, objects: 0 },
      },
    ],
    databases: held.flatMap(({ databases }) => databases),
    collections: held.flatMap(({ collections }) => collections),
    buckets: held.flatMap(({ buckets }) => buckets),
    models: [],
    unread: [],
  };
}

/** As the controller answers for one tenant. */
export function usageOf(tenant: string | null, usage: Usage): Usage {
  if (tenant === null) return usage;
  const isTheirs = (one: { tenant: string | null }): boolean => one.tenant === tenant;
  return {
    ...usage,
    owners: usage.owners.filter(isTheirs),
    databases: usage.databases.filter(isTheirs),
    collections: usage.collections.filter(isTheirs),
    buckets: usage.buckets.filter(isTheirs),
  };
}

function sum(values: readonly number[] = []): number {
  return values.reduce((total, value) => total + value, 0);
}
