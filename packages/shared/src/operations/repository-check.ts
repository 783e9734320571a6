import * as z from "zod";
import { nameSchema } from "../names.ts";
import { repositorySchema } from "./backup-source.ts";
import { defineOperation } from "./define.ts";

/** Reads all that an owner's repository holds and checks it; tells which snapshots are there. Repairs nothing. */
export const repositoryCheck = defineOperation({
  kind: "repository.check",
  runsOn: "agent",
  deadlineSeconds: 43_200,
  input: z.strictObject({ node: nameSchema, repository: repositorySchema }),
  result: z.object({ snapshots: z.array(z.string()).describe("Ids of the snapshots that are there") }),
  resource: (input) => `repository/${input.repository.owner}`,
});
