import * as z from "zod";
import { generatedSecretSchema } from "../catalog/schema.ts";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Generates the next versions of an instance's secrets. The present ones stay in use until the instance has moved. */
export const secretsRotate = defineOperation({
  kind: "secrets.rotate",
  runsOn: "controller",
  deadlineSeconds: 60,
  input: z.strictObject({
    instance: instanceNameSchema,
    secrets: z.array(z.strictObject({ name: z.string(), version: z.int().min(2), rule: generatedSecretSchema })).min(1),
  }),
  result: z.object({ versions: z.int().describe("How many there are of those") }),
  resource: (input) => `secrets/${input.instance}`,
});
