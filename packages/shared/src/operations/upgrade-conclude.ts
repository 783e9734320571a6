import * as z from "zod";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/**
 * Ends an upgrade. Where all its instances run the version, that becomes the service's version in the desired state, in
 * place of the tenants' own. Throws `run.failed` when some went back, with their names.
 */
export const upgradeConclude = defineOperation({
  kind: "upgrade.conclude",
  runsOn: "controller",
  deadlineSeconds: 60,
  input: z.strictObject({
    upgrade: z.string(),
    service: nameSchema,
    version: z.string(),
    instances: z.array(instanceNameSchema),
  }),
  result: z.object({ upgraded: z.int(), wentBack: z.int() }),
  resource: (input) => `upgrade/${input.service}`,
});
