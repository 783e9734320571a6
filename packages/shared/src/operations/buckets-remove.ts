import * as z from "zod";
import { bucketsNeedSchema } from "./buckets-ensure.ts";
import { defineOperation } from "./define.ts";

/** Deletes an owner's buckets with every object and version in them, its access key and its policy. */
export const bucketsRemove = defineOperation({
  kind: "buckets.remove",
  runsOn: "controller",
  deadlineSeconds: 600,
  input: bucketsNeedSchema,
  result: z.object({ removed: z.array(z.string()) }),
  resource: (input) => `buckets/${input.owner}`,
});
