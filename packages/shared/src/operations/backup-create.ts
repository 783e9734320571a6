import * as z from "zod";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { backupSourceSchema, repositorySchema, snapshotSchema } from "./backup-source.ts";
import { defineOperation } from "./define.ts";

/**
 * Copies what a subject holds into its owner's repository, all of it as of one moment: an instance whose format demands
 * it is stopped meanwhile, and started again whatever becomes of the backup.
 */
export const backupCreate = defineOperation({
  kind: "backup.create",
  runsOn: "agent",
  deadlineSeconds: 21_600,
  input: z.strictObject({
    backup: z.string().describe("Id of the backup: every snapshot is tagged with it, so a repetition finds its own"),
    fleet: nameSchema,
    node: nameSchema,
    subject: instanceNameSchema.describe("Instance, or the tenant whose buckets these are"),
    version: z.string().optional().describe("Of the service whose data these are"),
    stop: z.boolean().describe("Stop the instance meanwhile"),
    repository: repositorySchema,
    sources: z.array(backupSourceSchema).min(1),
  }),
  result: z.object({
    snapshots: z.array(snapshotSchema),
    stoppedMilliseconds: z.int().describe("How long the instance did not run; 0 for one that was not stopped"),
  }),
  resource: (input) => `instance/${input.subject}`,
});
