/** What an owner's access key may do in the object store, and whether a policy says just that. Pure. */
import * as z from "zod";

export interface PolicyStatement {
  Effect: "Allow" | "Deny";
  Action: string[];
  Resource?: string[];
}

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

/** Nothing that changes the bucket itself (its policy, versioning, lifecycle), and no version but the newest. */
const bucketActions = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"];
const objectActions = [
  "s3:AbortMultipartUpload",
  "s3:DeleteObject",
  "s3:GetObject",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
];

/** Objects in these buckets, and nothing else: what no statement allows is denied. */
export function policyFor(buckets: readonly string[]): PolicyDocument {
  const resources = buckets.map((bucket) => `arn:aws:s3:::${bucket}`);
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: bucketActions, Resource: resources },
      { Effect: "Allow", Action: objectActions, Resource: resources.map((resource) => `${resource}/*`) },
      // Unless denied, MinIO lets everybody change their own secret and make themselves further access keys.
      { Effect: "Deny", Action: ["admin:*"] },
    ],
  };
}

const listSchema = z.union([z.array(z.string()), z.string().transform((one) => [one])]);
/** Strict: a condition or an exception that Berth does not set makes it another policy. */
const documentSchema = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(
    z.strictObject({ Effect: z.enum(["Allow", "Deny"]), Action: listSchema, Resource: listSchema.default([]) }),
  ),
});

/** Whether the store's answer means the same: it keeps sets, so order tells nothing. */
export function isPolicy(answer: unknown, expected: PolicyDocument): boolean {
  const parsed = documentSchema.safeParse(answer);
  return parsed.success && inOrder(parsed.data) === inOrder(expected);
}

function inOrder({ Statement }: z.output<typeof documentSchema> | PolicyDocument): string {
  const statements = Statement.map(({ Effect, Action, Resource = [] }) =>
    JSON.stringify([Effect, Action.toSorted(), Resource.toSorted()]),
  );
  return JSON.stringify(statements.toSorted());
}
