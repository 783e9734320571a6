import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

export const bucketsNeedSchema = z.strictObject({
  server: instanceNameSchema.describe("Object store instance that holds them"),
  owner: instanceNameSchema.describe("Tenant, or shared instance, whose access key reaches them and nothing else"),
  accessKey: z.string().describe("Its id: berth-user1"),
  buckets: z.array(z.string().describe("In full: user1-uploads")).min(1),
  quotaBytes: z.int().nullable().describe("Of each bucket; null: none"),
});
export type BucketsNeed = z.output<typeof bucketsNeedSchema>;

/** Makes the buckets, and an access key whose policy ends at them. */
export const bucketsEnsure = defineOperation({
  kind: "buckets.ensure",
  runsOn: "controller",
  deadlineSeconds: 120,
  input: bucketsNeedSchema,
  result: z.object({ created: z.array(z.string()) }),
  resource: (input) => `buckets/${input.owner}`,
});
