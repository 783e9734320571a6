import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Removes the secrets of a tenant that is no more, all versions. */
export const secretsRemove = defineOperation({
  kind: "secrets.remove",
  runsOn: "controller",
  deadlineSeconds: 60,
  input: z.strictObject({
    tenant: nameSchema,
    owners: z.array(z.string()).describe("Whose secrets: its instances, and itself"),
  }),
  result: z.object({ removed: z.int().describe("How many secrets") }),
  resource: (input) => `secrets/${input.tenant}`,
});
