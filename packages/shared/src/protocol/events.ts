import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { observedInstanceSchema } from "./state.ts";

/** What happened on a node. `sequence` rises by one per agent and never repeats, so that back-filled events are known. */
export const agentEventSchema = z.strictObject({
  sequence: z.int().nonnegative(),
  at: z.int().describe("Milliseconds since the epoch, by the node's clock"),
  body: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("instance.state"), instance: observedInstanceSchema }),
    z.strictObject({ kind: z.literal("instance.gone"), name: instanceNameSchema }),
    z.strictObject({
      kind: z.literal("drift"),
      instance: instanceNameSchema,
      what: z.array(z.string()),
      mended: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal("firewall"),
      drift: z.enum(["missing", "altered"]).describe("How the rules departed from what was put in force"),
      mended: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal("outOfMemory"),
      instance: instanceNameSchema,
      container: z.string().describe("In which the kernel ended a process, since the container had used up its memory"),
    }),
    z.strictObject({ kind: z.literal("docker"), state: z.enum(["running", "unreachable"]) }),
  ]),
});
export type AgentEvent = z.output<typeof agentEventSchema>;
