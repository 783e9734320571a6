import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Looks at a tenant from outside: its services answer, through their routes where there are any, and its keys open nothing of others. */
export const tenantVerify = defineOperation({
  kind: "tenant.verify",
  runsOn: "controller",
  deadlineSeconds: 300,
  input: z.strictObject({ tenant: nameSchema }),
  result: z.object({ checks: z.int().describe("How many looks were taken; all of them found what they should") }),
  resource: (input) => `tenant/${input.tenant}`,
});
