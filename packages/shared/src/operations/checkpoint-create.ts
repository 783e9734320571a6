import * as z from "zod";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/**
 * Stops the instance and copies its volumes on the node. It stays stopped, whatever happens to the agent or to Docker,
 * until `instance.ensure`, `instance.prove` or `instance.remove` says how it goes on. Repeated for the same upgrade, it
 * copies nothing again: by then the volumes may have been changed by what was to be tried.
 */
export const checkpointCreate = defineOperation({
  kind: "checkpoint.create",
  runsOn: "agent",
  deadlineSeconds: 3600,
  input: z.strictObject({
    upgrade: z.string().describe("Whose checkpoint it is; one of another upgrade is replaced"),
    node: nameSchema,
    instance: instanceNameSchema,
    volumes: z.array(z.string()).describe("Docker volumes, in full"),
  }),
  result: z.object({ bytes: z.int().describe("Size of the copies"), stoppedAt: z.iso.datetime() }),
  resource: (input) => `instance/${input.instance}`,
});
