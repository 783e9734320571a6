import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Drops a database and its role. Planned only under `--prune`. */
export const databaseRemove = defineOperation({
  kind: "database.remove",
  runsOn: "controller",
  deadlineSeconds: 120,
  input: z.strictObject({
    server: instanceNameSchema,
    instance: instanceNameSchema,
    database: z.string(),
    role: z.string(),
  }),
  result: z.object({ removed: z.boolean() }),
  resource: (input) => `database/${input.database}`,
});
