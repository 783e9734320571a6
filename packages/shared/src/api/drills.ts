/** Proofs that backups come back: by drills, which restore them into throw-away stores, and by restores. */
import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { proofLevelSchema, provenPartSchema } from "../operations/backup-drill.ts";
import { planSchema } from "../operations/plan.ts";
import { defineEndpoint } from "./define.ts";
import { runSchema } from "./runs.ts";

export const proofSchema = z.object({
  backup: z.string(),
  subject: z.string().describe("Instance, or the tenant for its buckets"),
  owner: z.string(),
  at: z.iso.datetime(),
  run: z.int(),
  by: z.enum(["drill", "restore"]),
  level: proofLevelSchema.describe("data: all was restored and counted. service: the service was healthy with it, too"),
  version: z.string().nullable().describe("Of the service that was started over it; null: nobody recorded one"),
  parts: z.array(provenPartSchema).describe("What came back, counted; empty for a restore"),
  seconds: z.number().nullable(),
  memoryBytes: z.int().nullable().describe("What the drill's containers had together"),
});
export type Proof = z.output<typeof proofSchema>;

export const drillBackups = defineEndpoint({
  method: "POST",
  path: "/api/backups/drill",
  summary:
    "Restores the newest complete backups into throw-away stores, counts what came back and starts the services over it",
  role: "operator",
  body: z.strictObject({
    of: instanceNameSchema.nullable().describe("Tenant or instance; null: one of each kind, or everything"),
    all: z.boolean().default(false).describe("Everything, where nothing is named"),
    dryRun: z.boolean().default(false).describe("Plan, and change nothing"),
  }),
  response: z.object({ plan: planSchema, run: runSchema.nullable() }),
});

export const listProofs = defineEndpoint({
  method: "GET",
  path: "/api/proofs",
  summary:
    "Proofs that backups come back, the newest first; of=NAME gives those of a tenant or an instance, backup=ID of a backup",
  role: "viewer",
  query: z.object({ of: z.string().max(128).optional(), backup: z.string().max(256).optional() }),
  response: z.object({ proofs: z.array(proofSchema) }),
});
