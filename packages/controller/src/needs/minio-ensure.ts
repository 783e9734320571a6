/** Makes an owner's buckets and an access key that ends at them, or takes both away. Idempotent, safe to interrupt. */
import { BerthError } from "@berth/shared/errors";
import type { BucketsNeed } from "@berth/shared/operations/buckets-ensure";
import { StoreAdmin } from "./minio-admin.ts";
import { makeBucket, removeBucket } from "./minio-bucket.ts";
import { type ObjectStore, openClient, withStore } from "./minio-client.ts";
import { observeBuckets } from "./minio-observe.ts";
import { policyFor } from "./minio-policy.ts";

export interface EnsureBucketsContext {
  store: ObjectStore;
  /** Of the owner's access key: at least 8 characters. */
  secretKey: string;
  log: (line: string) => void;
}

/** Gives the names of the buckets that it made. A failure of the store is `store.failed`. */
export async function ensureBuckets(
  need: BucketsNeed,
  { store, secretKey, log }: EnsureBucketsContext,
): Promise<{ created: string[] }> {
  const observed = await observe(need, store, secretKey);
  if (observed.exists && observed.differences.length === 0) return { created: [] };
  if (observed.exists) log(`mending buckets of ${need.owner}: ${observed.differences.join(", ")}`);
  else log(`creating buckets ${need.buckets.join(", ")} and access key ${need.accessKey}`);
  const created = await withStore(store, async () => {
    const made = await makeBuckets(need, store);
    await makeAccessKey(need, secretKey, new StoreAdmin(store));
    return made;
  });
  await demandNoDifference(need, store, secretKey);
  return { created };
}

async function observe(need: BucketsNeed, store: ObjectStore, secretKey: string) {
  const observed = await observeBuckets([need], { store, secretKeyOf: () => secretKey });
  return observed.get(need.owner) ?? { exists: false, differences: [] };
}

async function makeBuckets(need: BucketsNeed, store: ObjectStore): Promise<string[]> {
  const client = openClient(store);
  const admin = new StoreAdmin(store);
  const created: string[] = [];
  for (const bucket of need.buckets) {
    if (await makeBucket(client, bucket)) created.push(bucket);
    await admin.setQuota(bucket, need.quotaBytes);
    // An empty one is the client's word for: none.
    await client.setBucketPolicy(bucket, "");
  }
  return created;
}

/** In this order the access key is at no time allowed more than its policy says: without one, it is allowed nothing. */
async function makeAccessKey(need: BucketsNeed, secretKey: string, admin: StoreAdmin): Promise<void> {
  const { accessKey } = need;
  await admin.putPolicy(accessKey, policyFor(need.buckets));
  await admin.putUser(accessKey, secretKey);
  await admin.setPolicy(accessKey, accessKey);
  const user = await admin.user(accessKey);
  for (const group of user?.groups ?? []) await admin.leaveGroup(accessKey, group);
}

/** What the store says that it did is not taken for granted: an access key that reaches more must not be handed out. */
async function demandNoDifference(need: BucketsNeed, store: ObjectStore, secretKey: string): Promise<void> {
  const { differences } = await observe(need, store, secretKey);
  if (differences.length === 0) return;
  const { address, port } = store.endpoint;
  throw new BerthError(
    "store.failed",
    `The object store at ${address}:${port} took every change, and still ${differences.join(", ")}`,
    { hint: "See `berth logs shared-minio`" },
  );
}

/** Deletes the buckets with all that is in them, the access key and its policy; gives the names of the buckets that were there. A failure of the store is `store.failed`. */
export function removeBuckets(
  need: BucketsNeed,
  { store, log }: Omit<EnsureBucketsContext, "secretKey">,
): Promise<{ removed: string[] }> {
  return withStore(store, async () => {
    const admin = new StoreAdmin(store);
    const client = openClient(store);
    // First, so that nothing is written into what is being emptied.
    if ((await admin.user(need.accessKey)) !== undefined) await admin.disableUser(need.accessKey);
    const existing = new Set((await client.listBuckets()).map(({ name }) => name));
    const removed = need.buckets.filter((bucket) => existing.has(bucket));
    for (const bucket of removed) {
      log(`removing bucket ${bucket}`);
      await removeBucket(client, bucket, log);
    }
    await admin.removeUser(need.accessKey);
    await admin.removePolicy(need.accessKey);
    return { removed };
  });
}
