/** What the shared stores hold, and for whom, as they tell it themselves. Sizes are in bytes. */
import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineEndpoint } from "./define.ts";

const held = {
  server: z.string().describe("Instance of the store: shared-postgres"),
  tenant: z.string().nullable().describe("null: of a shared instance"),
};

export const databaseUsageSchema = z.object({
  ...held,
  instance: z.string(),
  database: z.string(),
  bytes: z.int(),
  connections: z.int().describe("Open at this moment"),
  counts: z
    .record(z.string(), z.int())
    .describe(
      "What its service keeps in it, by what that is (executions): PostgreSQL's own count, which is near enough",
    ),
  connectionLimit: z.int().nullable().describe("How many its login may have open; null: as many as the server allows"),
});

export const collectionUsageSchema = z.object({
  ...held,
  instance: z.string(),
  collection: z.string(),
  points: z.int().describe("As Qdrant counts them, which is near enough while it optimizes"),
});

export const bucketUsageSchema = z.object({
  ...held,
  owner: z.string().describe("A tenant, or a shared instance"),
  bucket: z.string(),
  bytes: z.int(),
  objects: z.int(),
  quotaBytes: z.int().nullable().describe("null: none"),
  fullAt: z.iso
    .datetime()
    .nullable()
    .describe(
      "When its quota is reached, if it goes on growing as in the last two weeks; null: nobody can tell, or never",
    ),
  countedAt: z.iso.datetime().nullable().describe("The store counts now and then; null: not yet, and the rest is 0"),
});

export const modelUsageSchema = z.object({
  server: z.string(),
  model: z.string(),
  memoryBytes: z.int().describe("In the machine's own memory"),
  graphicsMemoryBytes: z.int().describe("In memory of its graphics cards"),
});

export const ownerUsageSchema = z.object({
  tenant: held.tenant,
  cpuCores: z.number().nullable().describe("Of all its containers; null: none of them was measured lately"),
  memoryBytes: z.int().nullable().describe("Working set of all its containers; null likewise"),
  databaseBytes: z.int(),
  connections: z.int(),
  points: z.int(),
  bucketBytes: z.int(),
  objects: z.int(),
});

export const usageSchema = z.object({
  readAt: z.iso.datetime().describe("When the stores were asked: at most half a minute ago"),
  owners: z.array(ownerUsageSchema).describe("What each tenant uses over all nodes and stores, and what is shared"),
  databases: z.array(databaseUsageSchema),
  collections: z.array(collectionUsageSchema),
  buckets: z.array(bucketUsageSchema),
  models: z.array(modelUsageSchema).describe("Models that are loaded at this moment; a call of any tenant loads one"),
  unread: z
    .array(z.object({ server: z.string(), reason: z.string() }))
    .describe("Stores that did not answer: what they hold is missing above"),
});

export type DatabaseUsage = z.output<typeof databaseUsageSchema>;
export type CollectionUsage = z.output<typeof collectionUsageSchema>;
export type BucketUsage = z.output<typeof bucketUsageSchema>;
export type ModelUsage = z.output<typeof modelUsageSchema>;
export type OwnerUsage = z.output<typeof ownerUsageSchema>;
export type Usage = z.output<typeof usageSchema>;

export const getUsage = defineEndpoint({
  method: "GET",
  path: "/api/usage",
  summary: "What tenants use: CPU, memory, databases, collections and buckets, over all nodes and shared stores",
  role: "tenant",
  query: z.object({ tenant: nameSchema.optional().describe("Only of this one") }),
  response: usageSchema,
});
