import { getUsage, type Usage } from "@berth/shared/api/usage";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { runInTest, testTime } from "../testing/terminal.ts";

const mebibyte = 1024 ** 2;
const usage: Usage = {
  readAt: "2026-11-24T06:31:02.000Z",
  owners: [
    {
      ...{ tenant: "user1", cpuCores: 0.42, memoryBytes: 900 * mebibyte, databaseBytes: 30 * mebibyte },
      ...{ connections: 7, points: 1200, bucketBytes: 5 * mebibyte, objects: 12 },
    },
    {
      ...{ tenant: null, cpuCores: null, memoryBytes: null, databaseBytes: 9 * mebibyte },
      ...{ connections: 2, points: 0, bucketBytes: 0, objects: 0 },
    },
  ],
  databases: [
    {
      ...{ server: "shared-postgres", tenant: "user1", instance: "user1-n8n", database: "user1_n8n" },
      ...{ bytes: 30 * mebibyte, connections: 7, connectionLimit: 20, counts: { executions: 120 } },
    },
  ],
  collections: [
    {
      ...{ server: "shared-qdrant", tenant: "user1", instance: "user1-flowise" },
      ...{ collection: "user1_flowise_vectors", points: 1200 },
    },
  ],
  buckets: [
    {
      ...{
        server: "shared-minio",
        tenant: "user1",
        owner: "user1",
        bucket: "user1-uploads",
        bytes: 5 * mebibyte,
        objects: 12,
      },
      ...{ quotaBytes: 10 * mebibyte, fullAt: null, countedAt: "2026-11-24T06:00:00.000Z" },
    },
    {
      ...{ server: "shared-minio", tenant: "user1", owner: "user1", bucket: "user1-backups", bytes: 0, objects: 0 },
      ...{ quotaBytes: null, fullAt: null, countedAt: null },
    },
  ],
  models: [{ server: "shared-ollama", model: "llama3.2:3b", memoryBytes: 0, graphicsMemoryBytes: 3 * 1024 ** 3 }],
  unread: [{ server: "shared-neo4j", reason: "shared-neo4j is not healthy" }],
};

async function start(): Promise<TestController> {
  return startTestController((app) =>
    serveEndpoint(app, getUsage, async ({ query: { tenant } }) =>
      tenant === undefined
        ? usage
        : { ...usage, owners: usage.owners.filter((owner) => owner.tenant === tenant), models: [] },
    ),
  );
}

const ask = ({ address }: TestController, ...words: string[]) =>
  runInTest(["usage", ...words, "--controller", address]);

test("a line for each tenant and for what is shared, the models in memory, and what nobody could tell", async () => {
  await using controller = await start();
  expect((await ask(controller)).stdout).toBe(
    `TENANT   CPU   MEMORY  DATABASES  CONNECTIONS  POINTS   BUCKETS  OBJECTS
user1   0.42  900 MiB   30.0 MiB            7    1200  5.00 MiB       12
shared     -        -   9.00 MiB            2       0       0 B        0

LOADED MODEL  MEMORY  GRAPHICS  INSTANCE
llama3.2:3b      0 B  3.00 GiB  shared-ollama

What shared-neo4j holds is missing: shared-neo4j is not healthy
`,
  );
});

test("each thing that one tenant has, against what it may have", async () => {
  await using controller = await start();
  expect((await ask(controller, "user1")).stdout).toBe(
    `tenant  user1
cpu     0.42
memory  900 MiB

DATABASE       SIZE  CONNECTIONS  CONTENT         INSTANCE
user1_n8n  30.0 MiB      7 of 20  120 executions  user1-n8n

COLLECTION             POINTS  INSTANCE
user1_flowise_vectors    1200  user1-flowise

BUCKET                       SIZE  OBJECTS
user1-uploads  5.00 MiB of 10 MiB       12
user1-backups     not counted yet        -

What shared-neo4j holds is missing: shared-neo4j is not healthy
`,
  );
});

test("says when a bucket will be full, where somebody can tell", async () => {
  const fullAt = new Date(testTime + 12.4 * 86_400_000).toISOString();
  const buckets = usage.buckets.map((bucket) => (bucket.objects === 12 ? { ...bucket, fullAt } : bucket));
  await using controller = await startTestController((app) =>
    serveEndpoint(app, getUsage, async () => ({ ...usage, buckets, owners: usage.owners.slice(0, 1) })),
  );
  expect((await ask(controller, "user1")).stdout).toContain(
    `BUCKET                       SIZE  OBJECTS  FULL
user1-uploads  5.00 MiB of 10 MiB       12  in about 12 days
user1-backups     not counted yet        -  -
`,
  );
});

test("says as data what was asked for", async () => {
  await using controller = await start();
  expect(JSON.parse((await ask(controller, "--json")).stdout)).toEqual(usage);
});
