import * as z from "zod";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Stops the instance's containers, starts them again, and waits until each is healthy. They stay the same containers. */
export const instanceRestart = defineOperation({
  kind: "instance.restart",
  runsOn: "agent",
  deadlineSeconds: 1800,
  input: z.strictObject({ node: nameSchema, instance: instanceNameSchema }),
  result: z.object({ stoppedMilliseconds: z.int().describe("Between stop and start; 0: nothing of it ran") }),
  resource: (input) => `instance/${input.instance}`,
});
