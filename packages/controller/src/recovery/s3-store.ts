/** Archives in an S3-compatible store: an object is there as a whole or not at all. */
import { Agent } from "node:https";
import type { Readable } from "node:stream";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { Secret } from "@berth/shared/secret";
import { Client, S3Error } from "minio";
import pTimeout from "p-timeout";
import { noArchive, type ArchiveStore } from "./store.ts";

export interface S3Target {
  /** URL */
  endpoint: string;
  bucket: string;
  region?: string | undefined;
  accessKey: Secret;
  secretKey: Secret;
  /** PEM of the CA that its certificate is checked with; null: publicly trusted. */
  ca: string | null;
}

/** Of one upload; the client holds one part in memory. */
const partSize = 8 * 1024 ** 2;
const requestMilliseconds = 30_000;
const noSuchObject = new Set(["NoSuchKey", "NotFound", "NoSuchBucket"]);

export function s3Store(target: S3Target, below: readonly string[]): ArchiveStore {
  const { bucket } = target;
  const client = openClient(target);
  const prefix = `${below.join("/")}/`;

  function explained<T>(work: () => Promise<T>): Promise<T> {
    return explain(target, work);
  }

  async function ensureBucket(): Promise<void> {
    // Keys that may only write into it may not be able to ask: the upload itself tells then.
    const isThere = await bounded(client.bucketExists(bucket)).catch((error: unknown) => {
      if (codeOf(error) === "AccessDenied" || codeOf(error) === "Forbidden") return true;
      throw error;
    });
    if (!isThere) await bounded(client.makeBucket(bucket, target.region ?? "us-east-1"));
  }

  /** The client does not hear of a content that breaks off: it would wait for the rest. */
  async function upload(object: string, content: Readable): Promise<void> {
    const broken = new Promise<never>((_resolve, reject) => void content.once("error", reject));
    try {
      await Promise.race([client.putObject(bucket, object, content), broken]);
    } catch (error) {
      await bounded(client.removeIncompleteUpload(bucket, object)).catch(() => undefined);
      throw error;
    }
  }

  return {
    place: `s3://${bucket}/${below.join("/")}`,
    put: (name, content, signal) =>
      explained(async () => {
        const abort = (): void => void content.destroy(toError(signal.reason));
        signal.addEventListener("abort", abort, { once: true });
        if (signal.aborted) abort();
        try {
          await ensureBucket();
          await upload(`${prefix}${name}`, content);
        } finally {
          signal.removeEventListener("abort", abort);
          content.destroy();
        }
      }),
    get: (name, signal) =>
      explained(async () => {
        try {
          const found = await bounded(client.getObject(bucket, `${prefix}${name}`));
          signal.addEventListener("abort", () => void found.destroy(toError(signal.reason)), { once: true });
          return found;
        } catch (error) {
          if (noSuchObject.has(codeOf(error) ?? "")) throw noArchive(name, `s3://${bucket}/${prefix}`);
          throw error;
        }
      }),
    list: () =>
      explained(async () => {
        const names: string[] = [];
        try {
          for await (const item of client.listObjectsV2(bucket, prefix, true)) {
            const name: unknown = Reflect.get(Object(item), "name");
            if (typeof name === "string") names.push(name.slice(prefix.length));
          }
        } catch (error) {
          if (codeOf(error) !== "NoSuchBucket") throw error;
        }
        return names;
      }),
    remove: (name) => explained(() => bounded(client.removeObject(bucket, `${prefix}${name}`))),
  };
}

function openClient({ endpoint, accessKey, secretKey, region, ca }: S3Target): Client {
  const { protocol, hostname, port } = new URL(endpoint);
  const isEncrypted = protocol === "https:";
  return new Client({
    endPoint: hostname,
    ...(port === "" ? {} : { port: Number(port) }),
    useSSL: isEncrypted,
    accessKey: accessKey.reveal(),
    secretKey: secretKey.reveal(),
    region: region ?? "us-east-1",
    partSize,
    ...(isEncrypted && ca !== null ? { transportAgent: new Agent({ ca }) } : {}),
    retryOptions: { disableRetry: true },
  });
}

/** The client waits for an answer as long as the connection lasts. */
function bounded<T>(answer: Promise<T>): Promise<T> {
  return pTimeout(answer, {
    milliseconds: requestMilliseconds,
    message: new BerthError("deadline.exceeded", `It gave no answer within ${requestMilliseconds / 1000} s`),
  });
}

async function explain<T>({ endpoint, bucket }: S3Target, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BerthError && error.code !== "deadline.exceeded") throw error;
    const code = codeOf(error);
    if (code === "XMinioStorageFull" || code === "InsufficientStorage" || code === "QuotaExceeded") {
      throw new BerthError("disk.full", `No space is left in the bucket ${bucket} of ${endpoint}`, { cause: error });
    }
    const keys = code === "InvalidAccessKeyId" || code === "SignatureDoesNotMatch";
    throw new BerthError("store.failed", `The S3 store at ${endpoint} answered: ${toBerthError(error).message}`, {
      ...(keys ? { hint: "Its keys are the secrets backup/s3AccessKey and backup/s3SecretKey" } : {}),
      cause: error,
    });
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof S3Error) return error.code;
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
