import * as z from "zod";
import { nameSchema } from "../names.ts";
import { repositorySchema } from "./backup-source.ts";
import { defineOperation } from "./define.ts";

/** Removes snapshots from an owner's repository, and the data that no other snapshot needs. */
export const repositoryPrune = defineOperation({
  kind: "repository.prune",
  runsOn: "agent",
  deadlineSeconds: 21_600,
  input: z.strictObject({
    node: nameSchema,
    repository: repositorySchema,
    backups: z.array(z.string()).min(1).describe("Ids of the backups whose snapshots go"),
  }),
  result: z.object({ snapshots: z.array(z.string()).describe("Ids of the snapshots that are left") }),
  resource: (input) => `repository/${input.repository.owner}`,
});
