import * as z from "zod";
import { defineOperation } from "./define.ts";
import { instanceSpecSchema } from "./instance-spec.ts";

/** Makes the instance run exactly as specified, and healthy. */
export const instanceEnsure = defineOperation({
  kind: "instance.ensure",
  runsOn: "agent",
  deadlineSeconds: 900,
  input: instanceSpecSchema,
  result: z.object({ changed: z.boolean(), containerIds: z.array(z.string()) }),
  resource: (input) => `instance/${input.instance}`,
});
