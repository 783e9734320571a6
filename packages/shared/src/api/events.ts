/** The fleet's history: what happened on nodes and to instances, and what the controller did about it by itself. */
import * as z from "zod";
import { defineEndpoint } from "./define.ts";

/** Every kind that there is: first what agents tell, then what the controller notes by itself. */
export const eventKinds = [
  "instance.state",
  "instance.gone",
  "drift",
  "firewall",
  "outOfMemory",
  "docker",
  "agent.enrolled",
  "agent.connected",
  "agent.disconnected",
  "agent.duplicate",
  "agent.unsupported",
  "agent.invalid",
  "agent.refused",
  "agent.revoked",
  "agent.upgraded",
  "certificate.renewed",
  "certificate.adopted",
  "alert.begun",
  "alert.ended",
  "alert.silenced",
  "alert.unsilenced",
  "backup.failed",
  "drill.failed",
  "controller-backup.taken",
  "controller-backup.failed",
  "controller.restored",
  "recovery-key.shown",
  "recovery-key.rotated",
  "secret.set",
  "secret.revealed",
  "secret.taken-back",
  "secret.key-rotated",
  "exec",
  "routes.failed",
  "remote-write.failed",
  "remote-write.recovered",
] as const;
export type EventKind = (typeof eventKinds)[number];

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
    kind: z.enum(eventKinds).optional(),
    since: z.iso.datetime().optional().describe("Only what was recorded since then"),
    before: z.coerce.number().int().optional().describe("Only those with a lower id: the next page"),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  response: z.object({ events: z.array(eventSchema) }),
});
