/** A program for the lab's network: what the shared stores hold, as JSON on stdout. Credentials come on stdin. */
import { text } from "node:stream/consumers";
import { Client } from "minio";
import * as z from "zod";

const credentialsSchema = z.object({
  address: z.string(),
  qdrantKey: z.string(),
  minioUser: z.string(),
  minioPassword: z.string(),
});

const { address, qdrantKey, minioUser, minioPassword } = credentialsSchema.parse(JSON.parse(await text(process.stdin)));
const answer = await fetch(`http://${address}:6333/collections`, {
  headers: { "api-key": qdrantKey },
  signal: AbortSignal.timeout(10_000),
});
const collectionsSchema = z.object({ result: z.object({ collections: z.array(z.object({ name: z.string() })) }) });
const { result } = collectionsSchema.parse(await answer.json());
const tokens = await fetch(`http://${address}:6333/collections/berth_tokens/points/scroll`, {
  method: "POST",
  headers: { "api-key": qdrantKey, "content-type": "application/json" },
  body: JSON.stringify({ limit: 1000, with_payload: true }),
  signal: AbortSignal.timeout(10_000),
});
const client = new Client({
  endPoint: address,
  port: 9000,
  useSSL: false,
  region: "us-east-1",
  accessKey: minioUser,
  secretKey: minioPassword,
});
const buckets = await client.listBuckets();
process.stdout.write(
  JSON.stringify({
    collections: result.collections.map(({ name }) => name).toSorted(),
    tokens: await tokens.json().then((body) => z.object({ result: z.unknown() }).parse(body).result),
    buckets: buckets.map(({ name }) => name).toSorted(),
  }),
);
