/** Upgrades: moving a service's instances to another version, which were moved before, and which are behind. */
import * as z from "zod";
import { imageVersionSchema } from "../fleet/schema.ts";
import { batchSchema } from "../fleet/upgrades.ts";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { onFailureSchema } from "../operations/instance-upgrade.ts";
import { planSchema } from "../operations/plan.ts";
import { defineEndpoint } from "./define.ts";
import { runSchema } from "./runs.ts";

/** One instance's part in an upgrade. */
export const instanceMoveSchema = z.object({
  instance: z.string(),
  from: z.string(),
  to: z.string(),
  outcome: z.enum(["upgraded", "went-back"]).nullable().describe("null: it came to no end yet"),
  reason: z.string().nullable().describe("Why it went back"),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  gapMilliseconds: z.int().nullable().describe("How long it did not answer"),
});
export type InstanceMove = z.output<typeof instanceMoveSchema>;

export const upgradeSchema = z.object({
  id: z.string().describe("n8n-20261129-121500-3f2a"),
  service: z.string(),
  version: z.string(),
  startedAt: z.iso.datetime(),
  instances: z.array(instanceMoveSchema).describe("In the order in which they were moved"),
});
export type Upgrade = z.output<typeof upgradeSchema>;

/** What an instance runs, and what there is to move it to. */
export const instanceCheckSchema = z.object({
  instance: z.string(),
  service: z.string(),
  version: z.string().describe("What runs; what the fleet asks for where that cannot be seen"),
  patch: z.string().nullable().describe("The newest 2.41.x of 2.41.3; null: it runs that already"),
  minor: z.string().nullable().describe("The newest 2.x of a later 2.x"),
  major: z.string().nullable().describe("The newest of a later major version"),
  rebuilt: z
    .string()
    .nullable()
    .describe("Digest that the tag of what runs leads to now; null: it has that one, or it cannot be told"),
  held: z.boolean(),
  notes: z.array(z.string()).describe("What is to be known before it is moved"),
});
export type InstanceCheck = z.output<typeof instanceCheckSchema>;

export const serviceCheckSchema = z.object({
  service: z.string(),
  image: z.string().describe("Whose tags were asked for"),
  checkedAt: z.iso.datetime().nullable().describe("When the registry answered last; null: never"),
  problem: z.string().nullable().describe("Why it could not be asked now: what was known before is shown"),
});
export type ServiceCheck = z.output<typeof serviceCheckSchema>;

export const upgradeCheckSchema = z.object({
  services: z.array(serviceCheckSchema),
  instances: z.array(instanceCheckSchema),
});
export type UpgradeCheck = z.output<typeof upgradeCheckSchema>;

const dryRun = z.boolean().default(false).describe("Plan, and change nothing");
/** `run` is null when nothing is to be done, and for a dry run. A run without planned operations was under way before. */
const changeSchema = z.object({ plan: planSchema, run: runSchema.nullable() });
const holdChangeSchema = changeSchema.extend({ version: z.string().describe("On which it stays, or was held") });

export const upgradeRequestSchema = z.strictObject({
  service: nameSchema,
  version: imageVersionSchema,
  only: z
    .array(instanceNameSchema)
    .max(1000)
    .default([])
    .describe("Instances or tenants; empty: all that are not held"),
  canary: instanceNameSchema.optional().describe("Instance or tenant that goes first; the first one when left out"),
  batch: batchSchema.optional().describe("How many at a time after that; as the fleet says when left out"),
  minHealthySeconds: z.int().min(0).max(900).optional().describe("As the fleet says when left out"),
  maxFailures: z.int().min(0).max(1000).default(0).describe("How many may go back before the upgrade stops"),
  onFailure: onFailureSchema
    .default("stop")
    .describe("Whether those that were moved stay so when it stops, or all go back"),
  backup: z.boolean().default(true).describe("Back up and verify first, where the fleet has backups"),
  acceptMajor: z.boolean().default(false).describe("What the catalog says of another major version is taken care of"),
  retry: z.boolean().default(false).describe("Try a version that an instance went back from before"),
});
export type UpgradeRequest = z.output<typeof upgradeRequestSchema>;

export const startUpgrade = defineEndpoint({
  method: "POST",
  path: "/api/upgrades",
  summary: "Moves a service's instances to another version, one first, then in batches; follows it if it is under way",
  role: "admin",
  body: upgradeRequestSchema.extend({ dryRun }),
  response: changeSchema,
});

export const listUpgrades = defineEndpoint({
  method: "GET",
  path: "/api/upgrades",
  summary: "Upgrades, the newest first, with what became of each instance",
  role: "viewer",
  query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
  response: z.object({ upgrades: z.array(upgradeSchema) }),
});

export const checkUpgrades = defineEndpoint({
  method: "GET",
  path: "/api/upgrades/check",
  summary:
    "Which instances are behind, by the tags that registries have and what they lead to; service=NAME asks for one service alone",
  role: "viewer",
  query: z.object({ service: nameSchema.optional() }),
  response: upgradeCheckSchema,
});

export const holdInstance = defineEndpoint({
  method: "POST",
  path: "/api/upgrades/hold",
  summary: "Keeps an instance on its version, or on another one that it is moved to",
  role: "admin",
  body: z.strictObject({
    instance: instanceNameSchema,
    version: imageVersionSchema.optional().describe("Left out: the one that it runs"),
    dryRun,
  }),
  response: holdChangeSchema,
});

export const releaseInstance = defineEndpoint({
  method: "POST",
  path: "/api/upgrades/release",
  summary: "Lets an instance that is held go along with the next upgrade",
  role: "admin",
  body: z.strictObject({ instance: instanceNameSchema, dryRun }),
  response: holdChangeSchema,
});
