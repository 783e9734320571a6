import * as z from "zod";
import { checkpointCreate } from "./checkpoint-create.ts";
import { defineOperation } from "./define.ts";

/** Removes the copies. What was set aside stays until the instance's next checkpoint. No error when they are gone. */
export const checkpointRemove = defineOperation({
  kind: "checkpoint.remove",
  runsOn: "agent",
  deadlineSeconds: 600,
  input: checkpointCreate.input,
  result: z.object({ removed: z.int().describe("How many volumes") }),
  resource: (input) => `instance/${input.instance}`,
});
