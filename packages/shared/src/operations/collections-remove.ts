import * as z from "zod";
import { collectionsNeedSchema } from "./collections-ensure.ts";
import { defineOperation } from "./define.ts";

/** Deletes an instance's collections with all points, and its token. */
export const collectionsRemove = defineOperation({
  kind: "collections.remove",
  runsOn: "controller",
  deadlineSeconds: 120,
  input: collectionsNeedSchema,
  result: z.object({ removed: z.array(z.string()) }),
  resource: (input) => `collections/${input.instance}`,
});
