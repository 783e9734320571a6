import { expect, test } from "vitest";
import { type BucketFacts, compareBuckets, type OwnerFacts } from "./minio-observe.ts";
import { policyFor } from "./minio-policy.ts";

const buckets = ["user1-uploads", "user1-backups"];
const quotaBytes = 5 * 1024 ** 3;
const need = { server: "shared-minio", owner: "user1", accessKey: "berth-user1", buckets, quotaBytes };

const good: BucketFacts = { quotaBytes, isOpen: false };
const user = { enabled: true, policies: ["berth-user1"], groups: [] };
const facts: OwnerFacts = {
  buckets: new Map(buckets.map((bucket) => [bucket, good])),
  user,
  policy: policyFor(buckets),
  login: { buckets },
};

function differences(changes: Partial<OwnerFacts>): readonly string[] {
  return compareBuckets(need, { ...facts, ...changes }).differences;
}

test("as needed: no difference", () => {
  expect(compareBuckets(need, facts)).toEqual({ exists: true, differences: [] });
});

test("nothing there yet: everything is named, and it does not exist", () => {
  expect(compareBuckets(need, { buckets: new Map(), user: undefined, policy: undefined, login: undefined })).toEqual({
    exists: false,
    differences: [
      "bucket 'user1-uploads' does not exist",
      "bucket 'user1-backups' does not exist",
      "policy 'berth-user1' does not exist",
      "access key 'berth-user1' does not exist",
    ],
  });
});

test("half of it there: it exists, with a difference", () => {
  const half = { ...facts, buckets: new Map([["user1-uploads", good]]), user: undefined, login: undefined };
  expect(compareBuckets(need, half)).toMatchObject({ exists: true });
});

test.each([
  [{ quotaBytes: null, isOpen: false }, "bucket 'user1-uploads' has no quota, not a quota of 5GiB"],
  [{ quotaBytes: 6 * 1024 ** 3, isOpen: false }, "bucket 'user1-uploads' has a quota of 6GiB, not a quota of 5GiB"],
  [{ quotaBytes, isOpen: true }, "bucket 'user1-uploads' has a policy that lets strangers in"],
])("a bucket with %j", (first, difference) => {
  const changed = new Map([...facts.buckets, ["user1-uploads", first]]);
  expect(differences({ buckets: changed })).toEqual([difference]);
});

test.each<[string, Partial<OwnerFacts>, string]>([
  ["a policy that allows more", { policy: policyFor(["user2-uploads"]) }, "policy 'berth-user1' allows something else"],
  [
    "a disabled access key",
    { user: { ...user, enabled: false }, login: undefined },
    "access key 'berth-user1' is disabled",
  ],
  ["no policy attached", { user: { ...user, policies: [] } }, "access key 'berth-user1' has no policy"],
  [
    "a second policy attached",
    { user: { ...user, policies: ["berth-user1", "readwrite"] } },
    "access key 'berth-user1' has policy 'berth-user1', 'readwrite'",
  ],
  ["a group", { user: { ...user, groups: ["staff"] } }, "access key 'berth-user1' is in group 'staff'"],
  ["another secret", { login: "refused" }, "access key 'berth-user1' refuses its secret"],
  [
    "sight of another owner's bucket",
    { login: { buckets: [...buckets, "user2-uploads"] } },
    "access key 'berth-user1' reaches bucket 'user2-uploads'",
  ],
])("%s", (_, changes, difference) => {
  expect(differences(changes)).toEqual([difference]);
});
