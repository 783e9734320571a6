/** What stores hold, by whose it is. Pure: needs and readings in, rows out. */
import type { BucketUsage, CollectionUsage, DatabaseUsage, ModelUsage, Usage } from "@berth/shared/api/usage";
import { connectionLimitOf } from "../needs/postgres-roles.ts";
import type { StoreReading } from "../needs/stores.ts";
import { type DesiredNeed, inputsOf } from "../plan/desired-needs.ts";

export type Holdings = Pick<Usage, "databases" | "collections" | "buckets" | "models">;

/** null: shared, or an owner that is no tenant. */
export type TenantOf = (instanceOrTenant: string) => string | null;

/** By instance: the tables of its database whose rows are counted, by what they are. */
export type CountsOf = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Of one store; nothing is foretold yet. What is needed and does not exist is left out: the plan tells of it. */
export function holdingsOf(
  server: string,
  needs: readonly DesiredNeed[],
  { databases, points, buckets, models }: StoreReading,
  { tenantOf, counts }: { tenantOf: TenantOf; counts: CountsOf },
): Holdings {
  return {
    databases: inputsOf("database.ensure", needs).flatMap((need): DatabaseUsage[] => {
      const { instance, database } = need;
      const found = databases.get(database);
      if (found === undefined) return [];
      const limit = connectionLimitOf(need);
      const { bytes, connections, rows } = found;
      return [
        {
          ...{ server, tenant: tenantOf(instance), instance, database, bytes, connections },
          counts: countsOf(counts.get(instance) ?? {}, rows),
          connectionLimit: limit < 0 ? null : limit,
        },
      ];
    }),
    collections: inputsOf("collections.ensure", needs).flatMap(({ instance, collections }) =>
      collections.flatMap(({ name: collection }): CollectionUsage[] => {
        const count = points.get(collection);
        return count === undefined ? [] : [{ server, tenant: tenantOf(instance), instance, collection, points: count }];
      }),
    ),
    buckets: inputsOf("buckets.ensure", needs).flatMap(({ owner, buckets: names, quotaBytes }) =>
      names.flatMap((bucket): BucketUsage[] => {
        const count = buckets.get(bucket);
        return count === undefined
          ? []
          : [{ server, tenant: tenantOf(owner), owner, bucket, quotaBytes, fullAt: null, ...count }];
      }),
    ),
    models: models.map((model): ModelUsage => ({ server, ...model })),
  };
}

/** A table that is not there is nothing that is counted: its instance has not started yet. */
function countsOf(tables: Readonly<Record<string, string>>, rows: Readonly<Record<string, number>>) {
  const found = Object.entries(tables).flatMap(([name, table]) => {
    const count = rows[table];
    return count === undefined ? [] : [[name, count] as const];
  });
  return Object.fromEntries(found);
}

/** Whose needs these are. */
export function tenantsOf(needs: readonly DesiredNeed[], tenantOf: TenantOf): Set<string | null> {
  return new Set(
    needs.map((need) => {
      switch (need.kind) {
        case "database.ensure":
        case "collections.ensure":
          return tenantOf(need.input.instance);
        case "buckets.ensure":
          return tenantOf(need.input.owner);
        case "models.ensure":
          return null;
      }
    }),
  );
}

/** Largest first, of all stores together. */
export function joinHoldings(all: readonly Holdings[]): Holdings {
  return {
    databases: all.flatMap(({ databases }) => databases).toSorted((one, other) => other.bytes - one.bytes),
    collections: all.flatMap(({ collections }) => collections).toSorted((one, other) => other.points - one.points),
    buckets: all.flatMap(({ buckets }) => buckets).toSorted((one, other) => other.bytes - one.bytes),
    models: all.flatMap(({ models }) => models),
  };
}
