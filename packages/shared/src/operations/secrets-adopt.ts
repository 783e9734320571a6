import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Gives an instance the secrets that its restored data are encrypted with, as exactly those versions. */
export const secretsAdopt = defineOperation({
  kind: "secrets.adopt",
  runsOn: "controller",
  deadlineSeconds: 60,
  input: z.strictObject({
    instance: instanceNameSchema,
    secrets: z
      .array(
        z.strictObject({
          name: z.string(),
          version: z.int().min(1).describe("The one that it gets"),
          copy: z.string().describe("Secret whose value it becomes"),
          copyVersion: z.int().min(1),
        }),
      )
      .min(1),
  }),
  result: z.object({ versions: z.int().describe("How many there are of those") }),
  resource: (input) => `secrets/${input.instance}`,
});
