/** What each tenant uses over all nodes and stores together, and what is shared. Pure. */
import type { LiveSamples } from "@berth/shared/api/live";
import type { OwnerUsage } from "@berth/shared/api/usage";
import { containerValue } from "@berth/shared/metrics/samples";
import type { Holdings } from "./holdings.ts";

export interface Measured {
  cpuCores: number;
  memoryBytes: number;
}

/**
 * By tenant, null for what is shared: the newest frame of each node counts. Containers that are no instance's are
 * nobody's.
 */
export function measuredOf(
  samples: readonly LiveSamples[],
  tenantOfInstance: ReadonlyMap<string, string | null>,
): Map<string | null, Measured> {
  const sums = new Map<string | null, Measured>();
  for (const { containers, frames } of samples) {
    const newest = frames.at(-1);
    for (const [index, { instance }] of containers.entries()) {
      const row = newest?.containers[index];
      const tenant = tenantOfInstance.get(instance);
      if (row === undefined || row === null || tenant === undefined) continue;
      const { cpuCores, memoryBytes } = sums.get(tenant) ?? { cpuCores: 0, memoryBytes: 0 };
      sums.set(tenant, {
        cpuCores: cpuCores + containerValue(row, "cpuCores"),
        memoryBytes: memoryBytes + containerValue(row, "memoryBytes"),
      });
    }
  }
  return sums;
}

/** Of the given tenants, in their order, and then of what is shared. */
export function ownersUsage(
  tenants: readonly string[],
  { databases, collections, buckets }: Omit<Holdings, "models">,
  measured: ReadonlyMap<string | null, Measured>,
): OwnerUsage[] {
  return [...tenants, null].map((tenant) => {
    const isTheirs = (one: { tenant: string | null }): boolean => one.tenant === tenant;
    const ownDatabases = databases.filter(isTheirs);
    const ownBuckets = buckets.filter(isTheirs);
    return {
      tenant,
      cpuCores: measured.get(tenant)?.cpuCores ?? null,
      memoryBytes: measured.get(tenant)?.memoryBytes ?? null,
      databaseBytes: sum(ownDatabases.map(({ bytes }) => bytes)),
      connections: sum(ownDatabases.map(({ connections }) => connections)),
      points: sum(collections.filter(isTheirs).map(({ points }) => points)),
      bucketBytes: sum(ownBuckets.map(({ bytes }) => bytes)),
      objects: sum(ownBuckets.map(({ objects }) => objects)),
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
