import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";
import { instanceSpecSchema } from "./instance-spec.ts";

/**
 * Makes the instance run as specified, and keeps it only when it stays healthy for a while. Otherwise it throws
 * `instance.unhealthy` with the containers' last lines, and leaves what `onFailure` says; the node is held to the former
 * specification from then on.
 */
export const instanceProve = defineOperation({
  kind: "instance.prove",
  runsOn: "agent",
  deadlineSeconds: 1800,
  input: z.strictObject({
    node: nameSchema,
    spec: instanceSpecSchema,
    minHealthySeconds: z.int().min(0).describe("Healthy on end, without a restart, from when it was healthy first"),
    onFailure: z
      .enum(["former", "stopped"])
      .describe("former: the containers that ran before run again. stopped: nothing runs, for data to be put back"),
  }),
  result: z.object({
    containerIds: z.array(z.string()),
    healthyAt: z.iso.datetime().describe("When it was healthy first"),
    answered: z.literal(true).optional().describe("A standby answered until then: there was no gap"),
  }),
  resource: (input) => `instance/${input.spec.instance}`,
});
