import * as z from "zod";
import { collectionSchema } from "../catalog/schema.ts";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { backupSourceSchema, repositorySchema, snapshotSchema } from "./backup-source.ts";
import { defineOperation } from "./define.ts";
import { instanceSpecSchema } from "./instance-spec.ts";

/** What the throw-away stores must have before anything is restored into them, as `berth apply` makes it in the real ones. */
export const drillNeedSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("database"),
    image: z.string().describe("Image with the server's own psql, full reference"),
    host: z.string(),
    port: z.int(),
    superuser: z.string(),
    superuserPassword: z.string(),
    database: z.string(),
    user: z.string().describe("Login that owns it"),
    password: z.string(),
    extensions: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal("collections"),
    url: z.string(),
    token: z.string(),
    collections: z.array(collectionSchema),
  }),
  z.strictObject({
    kind: z.literal("buckets"),
    endpoint: z.string(),
    port: z.int(),
    accessKey: z.string(),
    secretKey: z.string(),
    buckets: z.array(z.string()),
  }),
]);
export type DrillNeed = z.output<typeof drillNeedSchema>;

/** data: everything was restored and counted. service: the service became healthy with it, too. */
export const proofLevelSchema = z.enum(["data", "service"]);
export type ProofLevel = z.output<typeof proofLevelSchema>;

export const provenPartSchema = z.object({
  kind: snapshotSchema.shape.kind,
  name: z.string(),
  counts: z
    .record(z.string(), z.int())
    .describe("Found after the restore: files, tables and rows, points of each collection, objects of each bucket"),
});
export type ProvenPart = z.output<typeof provenPartSchema>;

/**
 * Restores what a subject has put into a backup into throw-away stores and volumes on a network that leads nowhere, counts
 * it, starts the service over it, and removes all of that again. Nothing that runs is touched. One at a time on a node.
 */
export const backupDrill = defineOperation({
  kind: "backup.drill",
  runsOn: "agent",
  deadlineSeconds: 21_600,
  settleSeconds: 120,
  input: z.strictObject({
    backup: z.string(),
    node: nameSchema,
    subject: instanceNameSchema.describe("Instance, or the tenant whose buckets these are"),
    repository: repositorySchema,
    memoryBytes: z.int().describe("What the node must have free"),
    stores: z
      .array(instanceSpecSchema)
      .describe("In start order. Within the drill a container is reached by its name, at its own ports"),
    needs: z.array(drillNeedSchema),
    parts: z
      .array(z.strictObject({ source: backupSourceSchema.describe("Where it goes"), snapshot: snapshotSchema }))
      .min(1),
    service: instanceSpecSchema.nullable().describe("Started over what was restored; null: the data alone are proven"),
  }),
  result: z.object({
    level: proofLevelSchema,
    version: z.string().nullable().describe("Of the service that was started"),
    parts: z.array(provenPartSchema),
    seconds: z.number(),
    memoryBytes: z.int().describe("What the drill's containers had when all of them ran"),
  }),
  resource: (input) => `drill/${input.node}`,
});
