import * as z from "zod";
import { databaseNeedSchema } from "./database-ensure.ts";
import { defineOperation } from "./define.ts";

/** Leaves a database the login that its instance has now, and ends those before it with their sessions. */
export const loginsRetire = defineOperation({
  kind: "logins.retire",
  runsOn: "controller",
  deadlineSeconds: 120,
  input: databaseNeedSchema,
  result: z.object({ retired: z.array(z.string()).describe("Logins that went") }),
  resource: (input) => `database/${input.database}`,
});
