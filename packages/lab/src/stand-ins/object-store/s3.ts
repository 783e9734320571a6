/** Which of S3's operations a request is. Buckets are in the path: MinIO has names in the host only if told a domain. */
import {
  deleteBucket,
  getBucketPolicy,
  getLocation,
  getVersioning,
  headBucket,
  listBuckets,
  makeBucket,
  putBucketPolicy,
  putVersioning,
  removeBucketPolicy,
} from "./bucket-requests.ts";
import { deleteObject, deleteObjects } from "./delete-requests.ts";
import { Refusal, type RefusalCode } from "./errors.ts";
import { listObjects, listUploads, listVersions } from "./list-requests.ts";
import { copyObject, getObject, putObject } from "./object-requests.ts";
import type { Answer, Request } from "./request.ts";
import type { Store } from "./store.ts";
import { abortUpload, beginUpload, completeUpload, listParts, putPart } from "./upload-requests.ts";

export type BucketHandler = (store: Store, request: Request, bucket: string) => Answer | Promise<Answer>;
export type ObjectHandler = (store: Store, request: Request, bucket: string, key: string) => Answer | Promise<Answer>;

/** Parts of a bucket that can be asked for by a parameter without a value. */
const bucketHandlers: Readonly<Record<string, BucketHandler>> = {
  "GET location": getLocation,
  "GET versioning": getVersioning,
  "PUT versioning": putVersioning,
  "GET policy": getBucketPolicy,
  "PUT policy": putBucketPolicy,
  "DELETE policy": removeBucketPolicy,
  "GET uploads": listUploads,
  "GET versions": listVersions,
  "POST delete": deleteObjects,
  "GET ": listObjects,
  "HEAD ": headBucket,
  "PUT ": makeBucket,
  "DELETE ": deleteBucket,
};

const objectHandlers: Readonly<Record<string, ObjectHandler>> = {
  "POST uploads": beginUpload,
  "PUT uploadId": putPart,
  "POST uploadId": completeUpload,
  "DELETE uploadId": abortUpload,
  "GET uploadId": listParts,
  "GET ": getObject,
  "HEAD ": getObject,
  "PUT ": (store, request, bucket, key) =>
    request.header("x-amz-copy-source") === undefined
      ? putObject(store, request, bucket, key)
      : copyObject(store, request, bucket, key),
  "DELETE ": deleteObject,
};

/** Settings of a bucket that it never has here. */
const absentSettings: Readonly<Record<string, RefusalCode>> = {
  cors: "NoSuchCORSConfiguration",
  encryption: "ServerSideEncryptionConfigurationNotFoundError",
  lifecycle: "NoSuchLifecycleConfiguration",
  "object-lock": "ObjectLockConfigurationNotFoundError",
  replication: "ReplicationConfigurationNotFoundError",
  tagging: "NoSuchTagSet",
};

/** Parameters that make another operation of a request. */
const subresources = [
  ...["location", "versioning", "policy", "uploads", "uploadId", "versions", "delete"],
  ...Object.keys(absentSettings),
  ...["accelerate", "acl", "attributes", "legal-hold", "logging", "notification", "policyStatus", "publicAccessBlock"],
  ...["requestPayment", "restore", "retention", "select", "torrent", "website"],
];

const longestKey = 1024;

export function answerS3(store: Store, request: Request): Answer | Promise<Answer> {
  const [bucket = "", ...rest] = request.path.split("/");
  const key = rest.join("/");
  const subresource = subresources.find((name) => request.query.has(name)) ?? "";
  const operation = `${request.method} ${subresource}`;
  if (bucket === "" && key !== "") throw new Refusal("InvalidBucketName");
  if (bucket === "") {
    if (operation === "GET ") return listBuckets(store, request);
    throw new Refusal(request.method === "POST" ? "NotImplemented" : "MethodNotAllowed");
  }
  if (Buffer.byteLength(key) > longestKey) throw new Refusal("KeyTooLongError");
  if (key !== "") return handlerOf(objectHandlers, operation)(store, request, bucket, key);
  const absent = request.method === "GET" ? absentSettings[subresource] : undefined;
  if (absent === undefined) return handlerOf(bucketHandlers, operation)(store, request, bucket);
  // Who may not look into the bucket does not learn by this that it exists.
  if (request.identity?.isRoot !== true) throw new Refusal("AccessDenied");
  store.buckets.get(bucket);
  throw new Refusal(absent);
}

function handlerOf<H>(handlers: Readonly<Record<string, H>>, operation: string): H {
  const handler = handlers[operation];
  if (handler === undefined) throw new Refusal(operation.endsWith(" ") ? "MethodNotAllowed" : "NotImplemented");
  return handler;
}
