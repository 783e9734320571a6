import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

export const modelsNeedSchema = z.strictObject({
  server: instanceNameSchema.describe("Ollama instance that serves them"),
  models: z.array(z.string()).min(1).describe("llama3.2:3b"),
});
export type ModelsNeed = z.output<typeof modelsNeedSchema>;

/** Has Ollama pull the models that it lacks. */
export const modelsEnsure = defineOperation({
  kind: "models.ensure",
  runsOn: "controller",
  deadlineSeconds: 7200,
  input: modelsNeedSchema,
  result: z.object({ pulled: z.array(z.string()) }),
  resource: (input) => `models/${input.server}`,
});
