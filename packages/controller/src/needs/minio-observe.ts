/** How owners' buckets and access keys are, against what is needed. */
import { formatSize } from "@berth/shared/fleet/units";
import type { BucketsNeed } from "@berth/shared/operations/buckets-ensure";
import pLimit from "p-limit";
import type { ObservedNeed } from "../plan/observed.ts";
import { type StoreUser, StoreAdmin } from "./minio-admin.ts";
import { type ObjectStore, openClient, refusalCode, withStore } from "./minio-client.ts";
import { isPolicy, policyFor } from "./minio-policy.ts";

/** Of the requests that one observation has under way. */
const mostOwnersAtOnce = 4;

export interface BucketFacts {
  /** null: none. */
  quotaBytes: number | null;
  /** A bucket policy lets requests in that nobody signed. */
  isOpen: boolean;
}

/** What the store shows to the access key itself: the buckets it sees, or that its secret is another. */
export type LoginFacts = { buckets: string[] } | "refused";

export interface OwnerFacts {
  /** Those of the need's buckets that exist. */
  buckets: ReadonlyMap<string, BucketFacts>;
  user: StoreUser | undefined;
  /** Document of the policy that is named as the access key. */
  policy: unknown;
  /** undefined: not tried, since there is no such access key, or it is disabled. */
  login: LoginFacts | undefined;
}

export interface ObserveBucketsContext {
  store: ObjectStore;
  /** Secret of the owner's access key; undefined when none was generated yet. */
  secretKeyOf: (owner: string) => string | undefined;
}

/** By owner. All needs must be of this store. A failure of the store is `store.failed`. */
export function observeBuckets(
  needs: readonly BucketsNeed[],
  { store, secretKeyOf }: ObserveBucketsContext,
): Promise<Map<string, ObservedNeed>> {
  return withStore(store, async () => {
    const existing = new Set((await openClient(store).listBuckets()).map(({ name }) => name));
    const limit = pLimit(mostOwnersAtOnce);
    const observed = needs.map((need) =>
      limit(async () => {
        const facts = await gatherFacts(need, store, existing, secretKeyOf(need.owner));
        return [need.owner, compareBuckets(need, facts)] as const;
      }),
    );
    return new Map(await Promise.all(observed));
  });
}

async function gatherFacts(
  need: BucketsNeed,
  store: ObjectStore,
  existing: ReadonlySet<string>,
  secretKey: string | undefined,
): Promise<OwnerFacts> {
  const admin = new StoreAdmin(store);
  const [user, policy, ...buckets] = await Promise.all([
    admin.user(need.accessKey),
    admin.policy(need.accessKey),
    ...need.buckets
      .filter((bucket) => existing.has(bucket))
      .map(async (bucket) => [bucket, await bucketFacts(bucket, store, admin)] as const),
  ]);
  const login = user?.enabled === true ? await tryLogin(need.accessKey, secretKey, store) : undefined;
  return { buckets: new Map(buckets), user, policy, login };
}

async function bucketFacts(bucket: string, store: ObjectStore, admin: StoreAdmin): Promise<BucketFacts> {
  const [quotaBytes, isOpen] = await Promise.all([admin.quota(bucket), hasBucketPolicy(bucket, store)]);
  return { quotaBytes, isOpen };
}

async function hasBucketPolicy(bucket: string, store: ObjectStore): Promise<boolean> {
  try {
    return (await openClient(store).getBucketPolicy(bucket)) !== "";
  } catch (error) {
    if (refusalCode(error) === "NoSuchBucketPolicy") return false;
    throw error;
  }
}

/** Lists buckets as the access key: the store names those it may look into, and refuses a wrong secret by name. */
async function tryLogin(accessKey: string, secretKey: string | undefined, store: ObjectStore): Promise<LoginFacts> {
  if (secretKey === undefined) return "refused";
  try {
    const buckets = await openClient(store, { accessKey, secretKey }).listBuckets();
    return { buckets: buckets.map(({ name }) => name) };
  } catch (error) {
    const code = refusalCode(error);
    if (code === "SignatureDoesNotMatch" || code === "InvalidAccessKeyId") return "refused";
    if (code === "AccessDenied") return { buckets: [] };
    throw error;
  }
}

/** Pure: what was found against its need. */
export function compareBuckets(need: BucketsNeed, facts: OwnerFacts): ObservedNeed {
  return {
    exists: facts.buckets.size > 0 || facts.user !== undefined,
    differences: [...bucketDifferences(need, facts), ...keyDifferences(need, facts)],
  };
}

function bucketDifferences(need: BucketsNeed, { buckets }: OwnerFacts): string[] {
  return need.buckets.flatMap((bucket) => {
    const facts = buckets.get(bucket);
    if (facts === undefined) return [`bucket '${bucket}' does not exist`];
    const differences: string[] = [];
    if (facts.quotaBytes !== need.quotaBytes) {
      differences.push(`bucket '${bucket}' has ${quotaText(facts.quotaBytes)}, not ${quotaText(need.quotaBytes)}`);
    }
    if (facts.isOpen) differences.push(`bucket '${bucket}' has a policy that lets strangers in`);
    return differences;
  });
}

function quotaText(bytes: number | null): string {
  return bytes === null ? "no quota" : `a quota of ${formatSize(bytes)}`;
}

function keyDifferences({ accessKey, buckets }: BucketsNeed, { user, policy, login }: OwnerFacts): string[] {
  const key = `access key '${accessKey}'`;
  const differences: string[] = [];
  if (policy === undefined) differences.push(`policy '${accessKey}' does not exist`);
  else if (!isPolicy(policy, policyFor(buckets))) differences.push(`policy '${accessKey}' allows something else`);
  if (user === undefined) return [...differences, `${key} does not exist`];
  if (!user.enabled) differences.push(`${key} is disabled`);
  if (user.policies.length !== 1 || user.policies[0] !== accessKey) {
    differences.push(
      `${key} has ${user.policies.length === 0 ? "no policy" : `policy '${user.policies.join("', '")}'`}`,
    );
  }
  for (const group of user.groups) differences.push(`${key} is in group '${group}'`);
  if (login === "refused") differences.push(`${key} refuses its secret`);
  else if (login !== undefined) {
    const foreign = login.buckets.filter((bucket) => !buckets.includes(bucket));
    for (const bucket of foreign) differences.push(`${key} reaches bucket '${bucket}'`);
  }
  return differences;
}
