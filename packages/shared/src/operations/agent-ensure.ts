import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Makes the node's agent installed, enrolled and online, over SSH. */
export const agentEnsure = defineOperation({
  kind: "agent.ensure",
  runsOn: "controller",
  deadlineSeconds: 900,
  input: z.strictObject({
    node: nameSchema,
    address: z.ipv4(),
    ssh: z.strictObject({
      user: z.string(),
      port: z.int(),
      hostKey: z.string().nullable(),
      identityFile: z.string().nullable(),
    }),
    version: z.string().describe("Agent version to install"),
  }),
  result: z.object({ installed: z.boolean(), version: z.string() }),
  resource: (input) => `node/${input.node}`,
});
