import * as z from "zod";
import { collectionSchema } from "../catalog/schema.ts";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

export const collectionsNeedSchema = z.strictObject({
  server: instanceNameSchema.describe("Qdrant instance that holds them"),
  instance: instanceNameSchema.describe("Instance that needs them"),
  collections: z.array(collectionSchema.extend({ name: z.string().describe("In full: user1_openwebui_files") })).min(1),
  token: z
    .string()
    .describe("Name under which the instance's token is admitted: taken away, the token is worth nothing"),
});
export type CollectionsNeed = z.output<typeof collectionsNeedSchema>;

/** Makes the collections, and admits the instance's token to them and nothing else. */
export const collectionsEnsure = defineOperation({
  kind: "collections.ensure",
  runsOn: "controller",
  deadlineSeconds: 120,
  input: collectionsNeedSchema,
  result: z.object({ created: z.array(z.string()) }),
  resource: (input) => `collections/${input.instance}`,
});
