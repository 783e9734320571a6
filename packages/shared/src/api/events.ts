/** The fleet's history: what happened on nodes and to instances, and what the controller did about it by itself. */
import * as z from "zod";
import { defineEndpoint } from "./define.ts";

export const eventSchema = z.object({
  id: z.int().describe("Rises with each event that is recorded"),
  at: z.iso.datetime().describe("When it happened, by the clock of the node if one told of it"),
  recordedAt: z.iso.datetime().describe("When the controller learnt of it: later when it was away"),
  kind: z.string().describe("instance.state, drift, outOfMemory, agent.disconnected, backup.failed …"),
  node: z.string().nullable(),
  instance: z.string().nullable(),
  message: z.string().describe("One sentence"),
});
export type Event = z.output<typeof eventSchema>;

export const listEvents = defineEndpoint({
  method: "GET",
  path: "/api/events",
  summary: "What happened in the fleet, newest first; the last 50 000 are kept",
  role: "viewer",
  query: z.object({
    node: z.string().optional().describe("Only of this node and its instances"),
    instance: z.string().optional(),
    kind: z.string().optional(),
    since: z.iso.datetime().optional().describe("Only what was recorded since then"),
    before: z.coerce.number().int().optional().describe("Only those with a lower id: the next page"),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  response: z.object({ events: z.array(eventSchema) }),
});
