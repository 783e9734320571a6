/** What buckets hold, as the store has counted it by itself: listing their objects would read all of them. */
import { StoreAdmin } from "./minio-admin.ts";
import { type ObjectStore, openClient, withStore } from "./minio-client.ts";

export interface BucketCount {
  bytes: number;
  objects: number;
  /** null: not counted yet. */
  countedAt: string | null;
}

/** By name; what does not exist is not in it. A failure of the store is `store.failed`. */
export function readBucketCounts(store: ObjectStore, buckets: readonly string[]): Promise<Map<string, BucketCount>> {
  return withStore(store, async () => {
    const [existing, { countedAt, counts }] = await Promise.all([
      openClient(store).listBuckets(),
      new StoreAdmin(store).counts(),
    ]);
    const there = new Set(existing.map(({ name }) => name));
    return new Map(
      buckets
        .filter((name) => there.has(name))
        .map((name): [string, BucketCount] => {
          const counted = counts.get(name);
          // One that is younger than the last count is not in it.
          return [name, { bytes: 0, objects: 0, ...counted, countedAt: counted === undefined ? null : countedAt }];
        }),
    );
  });
}
