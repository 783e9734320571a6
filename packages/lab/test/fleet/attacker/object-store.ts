import { Client } from "minio";
import type { Target, Try } from "./target.ts";

export function clientOf(
  { shared, environments }: Target,
  other: Partial<{ accessKey: string; secretKey: string }> = {},
) {
  const own = environments["openwebui"] ?? {};
  return new Client({
    endPoint: shared,
    port: 9000,
    useSSL: false,
    region: "us-east-1",
    accessKey: own["S3_ACCESS_KEY_ID"] ?? "",
    secretKey: own["S3_SECRET_ACCESS_KEY"] ?? "",
    ...other,
    retryOptions: { disableRetry: true },
  });
}

export async function list(client: Client, bucket: string): Promise<unknown[]> {
  return client.listObjectsV2(bucket, "", true).toArray();
}

export function objectStoreTries(target: Target): Try[] {
  const client = clientOf(target);
  const tries = target.buckets.flatMap((bucket): Try[] => [
    { name: `lists ${bucket}`, run: () => list(client, bucket) },
    { name: `reads an object of ${bucket}`, run: () => client.getObject(bucket, "probe") },
    { name: `looks at an object of ${bucket}`, run: () => client.statObject(bucket, "probe") },
    { name: `writes to ${bucket}`, run: () => client.putObject(bucket, "stolen", "x") },
    { name: `deletes an object of ${bucket}`, run: () => client.removeObject(bucket, "probe") },
    { name: `deletes ${bucket}`, run: () => client.removeBucket(bucket) },
    { name: `reads the policy of ${bucket}`, run: () => client.getBucketPolicy(bucket) },
    { name: `opens ${bucket} to everybody`, run: () => client.setBucketPolicy(bucket, publicPolicy(bucket)) },
    {
      name: `lists uploads under way in ${bucket}`,
      run: () => client.listIncompleteUploads(bucket, "", true).toArray(),
    },
    {
      name: `copies an object of ${bucket} to its own`,
      run: () => client.copyObject(`${target.own}-uploads`, "stolen", `/${bucket}/probe`),
    },
  ]);
  const [first = ""] = target.buckets;
  return [
    ...tries,
    { name: "makes a bucket", run: () => client.makeBucket("intruder") },
    {
      name: `without a key reads ${first}`,
      run: () => anonymous(target, `/${first}/probe`),
    },
    { name: "asks for the store's users", run: () => anonymous(target, "/minio/admin/v3/list-users") },
    {
      name: "with its secret key poses as the root user",
      run: () => clientOf(target, { accessKey: "minioadmin" }).listBuckets(),
    },
  ];
}

async function anonymous({ shared }: Target, path: string): Promise<string> {
  const answer = await fetch(`http://${shared}:9000${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

function publicPolicy(bucket: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/*` }],
  });
}
