import { Refusal } from "./errors.ts";
import { readText } from "./payload.ts";
import { parsePolicy } from "./policy.ts";
import { type Answer, demandAllowed, isAllowed, type Request } from "./request.ts";
import type { Store } from "./store.ts";
import { childText, document, element, optional, parse } from "./xml.ts";

const noContent: Answer = { status: 204 };

export function xmlAnswer(body: string): Answer {
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

/** All to whom that is allowed; to others those buckets that they may look into. */
export function listBuckets(store: Store, { identity }: Request): Answer {
  if (identity === undefined) throw new Refusal("AccessDenied");
  const buckets = store.buckets.list();
  const seesAll = isAllowed(store, identity, { action: "s3:ListAllMyBuckets", bucket: "" });
  const visible = seesAll
    ? buckets
    : buckets.filter(({ name: bucket }) =>
        ["s3:ListBucket", "s3:GetBucketLocation"].some((action) => isAllowed(store, identity, { action, bucket })),
      );
  if (!seesAll && visible.length === 0) throw new Refusal("AccessDenied");
  const elements = visible.map(({ name, madeAt }) =>
    element("Bucket", element("Name", name), element("CreationDate", isoTime(madeAt))),
  );
  const owner = element("Owner", element("ID", "minio"), element("DisplayName", "minio"));
  return xmlAnswer(document("ListAllMyBucketsResult", owner, element("Buckets", elements)));
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function makeBucket(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:CreateBucket", bucket });
  if (request.header("x-amz-bucket-object-lock-enabled") === "true") throw new Refusal("NotImplemented");
  store.buckets.make(bucket, store.now());
  return { status: 200, headers: { location: `/${bucket}` } };
}

export function headBucket(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:ListBucket", bucket });
  store.buckets.get(bucket);
  return { status: 200, headers: { "x-amz-bucket-region": "us-east-1" } };
}

export async function deleteBucket(store: Store, request: Request, bucket: string): Promise<Answer> {
  demandAllowed(store, request, { action: "s3:DeleteBucket", bucket });
  if (request.header("x-minio-force-delete") !== undefined) throw new Refusal("NotImplemented");
  const uploads = store.uploads.ofBucket(bucket);
  const parts = uploads.flatMap(({ id }) => store.uploads.parts(id));
  store.buckets.remove(bucket);
  await store.blobs.remove(parts.map(({ blob }) => blob));
  return noContent;
}

export function getLocation(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:GetBucketLocation", bucket });
  store.buckets.get(bucket);
  return xmlAnswer(document("LocationConstraint"));
}

export function getVersioning(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:GetBucketVersioning", bucket });
  const { versioning } = store.buckets.get(bucket);
  const status = versioning === "" ? undefined : versioning;
  return xmlAnswer(document("VersioningConfiguration", optional("Status", status)));
}

export async function putVersioning(store: Store, request: Request, bucket: string): Promise<Answer> {
  demandAllowed(store, request, { action: "s3:PutBucketVersioning", bucket });
  store.buckets.get(bucket);
  const body = parse((await readText(request.openPayload())).toString());
  const status = body === undefined ? undefined : childText(body, "Status");
  if (status !== "Enabled" && status !== "Suspended") throw new Refusal("MalformedXML");
  store.buckets.setVersioning(bucket, status);
  return { status: 200 };
}

export function getBucketPolicy(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:GetBucketPolicy", bucket });
  const { policy } = store.buckets.get(bucket);
  if (policy === undefined) throw new Refusal("NoSuchBucketPolicy");
  return { status: 200, headers: { "content-type": "application/json" }, body: policy.document };
}

export async function putBucketPolicy(store: Store, request: Request, bucket: string): Promise<Answer> {
  demandAllowed(store, request, { action: "s3:PutBucketPolicy", bucket });
  store.buckets.get(bucket);
  const { document: text } = parsePolicy((await readText(request.openPayload())).toString());
  store.buckets.setPolicy(bucket, text);
  return noContent;
}

export function removeBucketPolicy(store: Store, request: Request, bucket: string): Answer {
  demandAllowed(store, request, { action: "s3:DeleteBucketPolicy", bucket });
  store.buckets.get(bucket);
  store.buckets.setPolicy(bucket, null);
  return noContent;
}
