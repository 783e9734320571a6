import { expect, test } from "vitest";
import { isPolicy, policyFor } from "./minio-policy.ts";

const policy = policyFor(["user1-uploads", "user1-backups"]);

test("allows objects in the buckets and looking into them, and denies the admin API", () => {
  expect(policy).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        Resource: ["arn:aws:s3:::user1-uploads", "arn:aws:s3:::user1-backups"],
      },
      {
        Effect: "Allow",
        Action: [
          "s3:AbortMultipartUpload",
          "s3:DeleteObject",
          "s3:GetObject",
          "s3:ListMultipartUploadParts",
          "s3:PutObject",
        ],
        Resource: ["arn:aws:s3:::user1-uploads/*", "arn:aws:s3:::user1-backups/*"],
      },
      { Effect: "Deny", Action: ["admin:*"] },
    ],
  });
});

test("no resource is a pattern that another owner's bucket could match", () => {
  const resources = policy.Statement.flatMap(({ Resource = [] }) => Resource);
  expect(resources.map((resource) => resource.replace(/\/\*$/, "")).filter((name) => /[*?]/.test(name))).toEqual([]);
});

test("is recognised whatever the order of the sets that the store keeps it in", () => {
  const answer = {
    Version: "2012-10-17",
    Statement: policy.Statement.toReversed().map((statement) => ({
      ...statement,
      Action: statement.Action.length === 1 ? statement.Action[0] : statement.Action.toReversed(),
      ...(statement.Resource === undefined ? {} : { Resource: statement.Resource.toReversed() }),
    })),
  };
  expect(isPolicy(answer, policy)).toBe(true);
});

const [inBuckets, inObjects, denial] = policy.Statement;

test.each([
  ["a statement more", [...policy.Statement, { Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] }]],
  ["no denial", [inBuckets, inObjects]],
  ["an action more", [inBuckets, { ...inObjects, Action: ["s3:*"] }, denial]],
  ["a bucket more", [{ ...inBuckets, Resource: ["arn:aws:s3:::*"] }, inObjects, denial]],
  ["a condition", [{ ...inBuckets, Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }, inObjects, denial]],
  ["actions turned round", [{ Effect: "Allow", NotAction: ["s3:GetObject"] }, inObjects, denial]],
])("is another with %s", (_, statements) => {
  expect(isPolicy({ Version: "2012-10-17", Statement: statements }, policy)).toBe(false);
});

test.each([undefined, null, "policy", {}, { Version: "2012-10-17" }])("is not %j", (answer) => {
  expect(isPolicy(answer, policy)).toBe(false);
});
