import * as z from "zod";
import { checkpointCreate } from "./checkpoint-create.ts";
import { defineOperation } from "./define.ts";

/**
 * Stops the instance and puts the copies in its volumes' place. What was in them is set aside, in volumes named
 * `<volume>-set-aside`: it may hold what was written since. The instance stays stopped, as after `checkpoint.create`.
 * Throws `not-found` when there is no checkpoint of this upgrade.
 */
export const checkpointRestore = defineOperation({
  kind: "checkpoint.restore",
  runsOn: "agent",
  deadlineSeconds: 3600,
  input: checkpointCreate.input,
  result: z.object({ setAside: z.array(z.string()).describe("Names of the volumes that what was there is in") }),
  resource: (input) => `instance/${input.instance}`,
});
