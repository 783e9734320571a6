/** One bucket of the object store: made, or removed with everything in it. Idempotent. */
import type { Client } from "minio";
import * as z from "zod";
import { refusalCode } from "./minio-client.ts";

/** The most that one request may delete. */
const batchSize = 1000;

/** One object that was not deleted; the client's types have it one level deeper than it is. */
const deletionRefusalSchema = z.object({ Key: z.coerce.string(), Message: z.coerce.string() });

/** false: it was there. */
export async function makeBucket(client: Client, bucket: string): Promise<boolean> {
  try {
    await client.makeBucket(bucket);
    return true;
  } catch (error) {
    if (refusalCode(error) === "BucketAlreadyOwnedByYou") return false;
    throw error;
  }
}

/** Every object, version, delete marker and unfinished upload, then the bucket. Nobody may write into it meanwhile. */
export async function removeBucket(client: Client, bucket: string, log: (line: string) => void): Promise<void> {
  const versions = await removeVersions(client, bucket);
  const uploads = await abortUploads(client, bucket);
  if (versions + uploads > 0) log(`removed ${versions} objects and ${uploads} unfinished uploads from ${bucket}`);
  try {
    await client.removeBucket(bucket);
  } catch (error) {
    if (refusalCode(error) !== "NoSuchBucket") throw error;
  }
}

/** Every version and every delete marker; a bucket without versioning has one version of each object, called null. */
async function removeVersions(client: Client, bucket: string): Promise<number> {
  let count = 0;
  let batch: { name: string; versionId?: string }[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const [refusal] = z.array(deletionRefusalSchema).parse(await client.removeObjects(bucket, batch));
    if (refusal !== undefined) {
      throw new Error(`'${refusal.Key}' in bucket ${bucket} could not be deleted: ${refusal.Message}`);
    }
    count += batch.length;
    batch = [];
  };
  for await (const { name, versionId } of client.listObjects(bucket, "", true, { IncludeVersion: true })) {
    if (name === undefined) continue;
    batch.push({ name, ...(versionId === undefined ? {} : { versionId }) });
    if (batch.length === batchSize) await flush();
  }
  await flush();
  return count;
}

async function abortUploads(client: Client, bucket: string): Promise<number> {
  let count = 0;
  for await (const { key, uploadId } of client.listIncompleteUploads(bucket, "", true)) {
    await client.abortMultipartUpload(bucket, key, uploadId);
    count += 1;
  }
  return count;
}
