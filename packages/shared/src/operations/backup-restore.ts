import * as z from "zod";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { backupSourceSchema, repositorySchema, snapshotSchema } from "./backup-source.ts";
import { defineOperation } from "./define.ts";

/**
 * Brings a subject to what a backup holds. Everything is fetched and verified first; then the instance is stopped, its
 * data are replaced and it is started. What fails leaves the data that were there.
 */
export const backupRestore = defineOperation({
  kind: "backup.restore",
  runsOn: "agent",
  deadlineSeconds: 21_600,
  input: z.strictObject({
    backup: z.string(),
    node: nameSchema,
    subject: instanceNameSchema.describe("Instance, or the tenant whose buckets these are, that is brought back"),
    from: instanceNameSchema.optional().describe("What it is called in the backup; left out: the same"),
    takeDown: z
      .boolean()
      .optional()
      .describe("Once its data are replaced, do not start it: it is made again with the keys of these data"),
    repository: repositorySchema,
    parts: z
      .array(
        z.strictObject({
          source: backupSourceSchema.describe("Where it goes"),
          snapshot: snapshotSchema,
          renamed: z
            .record(z.string(), z.string())
            .optional()
            .describe("Collections and buckets by their names in the backup, where they have others now"),
        }),
      )
      .min(1),
  }),
  result: z.object({
    restored: z.array(z.string()).describe("Names of the sources"),
    stoppedMilliseconds: z.int(),
  }),
  resource: (input) => `instance/${input.subject}`,
});
