/** The bucket that repositories are in: restic waits a quarter of an hour for one that is not there to appear. */
import { BerthError } from "@berth/shared/errors";
import type { Repository } from "@berth/shared/operations/backup-source";
import { within } from "../deadline.ts";

const { Agent } = process.getBuiltinModule("node:https");

const answerMilliseconds = 20_000;
const locationPattern = /^s3:(https?:\/\/[^/]+)\/([^/]+)\//;

/** Makes it when it is not there. Nothing to do for a directory. */
export async function ensureTargetBucket({ location, env, ca }: Repository): Promise<void> {
  const [, endpoint, bucket] = locationPattern.exec(location) ?? [];
  if (endpoint === undefined || bucket === undefined) return;
  const { hostname, port, protocol } = new URL(endpoint);
  const region = env["AWS_DEFAULT_REGION"] ?? "us-east-1";
  const minio = await import("minio");
  const client = new minio.Client({
    endPoint: hostname,
    ...(port === "" ? {} : { port: Number(port) }),
    useSSL: protocol === "https:",
    accessKey: env["AWS_ACCESS_KEY_ID"] ?? "",
    secretKey: env["AWS_SECRET_ACCESS_KEY"] ?? "",
    region,
    ...(ca === null ? {} : { transportAgent: new Agent({ ca }) }),
  });
  const ask = async (): Promise<void> => {
    if (await client.bucketExists(bucket)) return;
    try {
      await client.makeBucket(bucket, region);
    } catch (error) {
      // Backups begin side by side: another one has made it meanwhile.
      if (!(await client.bucketExists(bucket))) throw error;
    }
  };
  try {
    await within(ask(), answerMilliseconds, `the backup target ${endpoint}`);
  } catch (error) {
    throw targetError(error, `${endpoint}/${bucket}`);
  }
}

function targetError(error: unknown, place: string): BerthError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const isRefused = /AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|Forbidden/.test(code);
  const reason = error instanceof Error ? error.message : String(error);
  return isRefused
    ? new BerthError("forbidden", `The backup target ${place} does not let Berth in: ${code}`, {
        hint: "Check its keys, and what they may do. A bucket that is not there yet has to be made by them, or by you.",
        cause: error,
      })
    : new BerthError("store.failed", `The backup target ${place} does not answer: ${reason}`, {
        hint: "Does it run, and does the node reach it?",
        cause: error,
      });
}
