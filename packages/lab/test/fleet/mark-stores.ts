/** A program for the lab's network: writes a text into one bucket and one collection, or reads it there. All on stdin. */
import { text } from "node:stream/consumers";
import { QdrantClient } from "@qdrant/js-client-rest";
import { Client } from "minio";
import * as z from "zod";

const requestSchema = z.object({
  address: z.string(),
  qdrantKey: z.string(),
  minioUser: z.string(),
  minioPassword: z.string(),
  bucket: z.string(),
  collection: z.string(),
  /** null: read. */
  mark: z.string().nullable(),
});

const request = requestSchema.parse(JSON.parse(await text(process.stdin)));
const { bucket, collection, mark } = request;
const object = "berth test/mark ü.txt";
const point = 7;
const qdrant = new QdrantClient({ url: `http://${request.address}:6333`, apiKey: request.qdrantKey });
const minio = new Client({
  endPoint: request.address,
  port: 9000,
  useSSL: false,
  region: "us-east-1",
  accessKey: request.minioUser,
  secretKey: request.minioPassword,
});

if (mark !== null) {
  await minio.putObject(bucket, object, mark);
  const { config } = await qdrant.getCollection(collection);
  const { size } = z.object({ size: z.int() }).parse(config.params.vectors);
  const vector = Array.from({ length: size }, (_, index) => (index === 0 ? 1 : 0));
  await qdrant.upsert(collection, { wait: true, points: [{ id: point, vector, payload: { mark } }] });
}
const [found] = await qdrant.retrieve(collection, { ids: [point], with_payload: true });
process.stdout.write(
  JSON.stringify({
    object: await minio.getObject(bucket, object).then(text, () => null),
    point: found?.payload?.["mark"] ?? null,
  }),
);
