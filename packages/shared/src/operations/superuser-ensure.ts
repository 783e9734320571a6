import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Gives a PostgreSQL's superuser the present version of its password. */
export const superuserEnsure = defineOperation({
  kind: "superuser.ensure",
  runsOn: "controller",
  deadlineSeconds: 60,
  input: z.strictObject({ server: instanceNameSchema }),
  result: z.object({ changed: z.boolean() }),
  resource: (input) => `superuser/${input.server}`,
});
