/** Alerts: what is amiss and told, what was, silences, and receivers. */
import * as z from "zod";
import { alertReceiverKinds, alertSeveritySchema } from "../fleet/alert-receivers.ts";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { defineEndpoint } from "./define.ts";

/** What it is of; what does not apply is left out. `tenant` is `shared` for what no tenant has. */
export const alertLabelsSchema = z.object({
  node: z.string().optional(),
  tenant: z.string().optional(),
  service: z.string().optional(),
  instance: z.string().optional(),
  container: z.string().optional(),
  mountpoint: z.string().optional().describe("Of a file system of the node other than its root"),
  owner: z.string().optional().describe("Whose backups"),
  certificate: z.string().optional(),
  receiver: z.string().optional(),
});
export type AlertLabels = z.output<typeof alertLabelsSchema>;

export const alertSchema = z.object({
  id: z.string().describe("node-gone/user1@2026-11-30T01:20:00.000Z"),
  rule: z.string(),
  severity: alertSeveritySchema,
  labels: alertLabelsSchema,
  summary: z.string().describe("What is amiss, in a sentence"),
  description: z.string().describe("What to do about it"),
  value: z.number().nullable().describe("What was measured last, where something is"),
  state: z
    .enum(["pending", "firing", "ended"])
    .describe("pending: amiss at this moment, and not for long enough yet; firing: told; ended: well again"),
  since: z.iso.datetime().describe("When it began to be amiss"),
  firedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  wellSince: z.iso.datetime().nullable().describe("Well again since then, and not for long enough to end"),
  returns: z.int().describe("How many times it came back within a day"),
  silencedBy: z.array(z.int()).describe("Silences that keep it from being told"),
  told: z.array(z.string()).describe("Receivers that were sent it"),
});
export type Alert = z.output<typeof alertSchema>;

export const alertReceiverStatusSchema = z.object({
  name: z.string(),
  kind: z.enum(alertReceiverKinds),
  problem: z.string().nullable().describe("Why what is to be told does not arrive; null: nothing is known of that"),
  undelivered: z.int().describe("Messages that wait for the next attempt"),
  deliveredAt: z.iso.datetime().nullable().describe("When it last took a message"),
  nextAttemptAt: z.iso.datetime().nullable(),
});
export type AlertReceiverStatus = z.output<typeof alertReceiverStatusSchema>;

/** A silence keeps what all of them fit from being told. */
export const silenceMatchersSchema = z
  .strictObject({
    rule: nameSchema.optional(),
    node: nameSchema.optional(),
    tenant: nameSchema.optional(),
    instance: instanceNameSchema.optional(),
  })
  .refine((matchers) => Object.values(matchers).some((value) => value !== undefined), {
    error: "needs one of rule, node, tenant and instance",
  });
export type SilenceMatchers = z.output<typeof silenceMatchersSchema>;

export const silenceSchema = z.object({
  id: z.int(),
  matchers: z.object({
    rule: z.string().optional(),
    node: z.string().optional(),
    tenant: z.string().optional(),
    instance: z.string().optional(),
  }),
  comment: z.string(),
  account: z.string(),
  createdAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
});
export type Silence = z.output<typeof silenceSchema>;

export const listAlerts = defineEndpoint({
  method: "GET",
  path: "/api/alerts",
  summary: "Alerts that are active, those that ended lately, silences in force, and receivers",
  role: "viewer",
  query: z.object({ recent: z.coerce.number().int().min(0).max(500).default(50) }),
  response: z.object({
    active: z.array(alertSchema).describe("Firing first, critical before others, then what is pending"),
    recent: z.array(alertSchema).describe("Ended, the latest first"),
    silences: z.array(silenceSchema),
    receivers: z.array(alertReceiverStatusSchema),
  }),
});

export const testAlertsResultSchema = z.object({
  receiver: z.string(),
  delivered: z.boolean(),
  answer: z.string().describe("What the receiver answered, or why it was not reached"),
  milliseconds: z.int(),
});
export type TestAlertsResult = z.output<typeof testAlertsResultSchema>;

export const testAlerts = defineEndpoint({
  method: "POST",
  path: "/api/alerts/test",
  summary: "Sends a test message to a receiver, or to each, and tells what it answered",
  role: "operator",
  body: z.strictObject({ receiver: nameSchema.nullable().describe("null: each") }),
  response: z.object({ results: z.array(testAlertsResultSchema) }),
});

/** A year: what is never to be told is switched off in the fleet file. */
const longestSilenceSeconds = 366 * 86_400;

export const createSilence = defineEndpoint({
  method: "POST",
  path: "/api/alerts/silences",
  summary: "Keeps alerts from being told for a while",
  role: "operator",
  body: z.strictObject({
    matchers: silenceMatchersSchema,
    seconds: z.int().min(1).max(longestSilenceSeconds),
    comment: z.string().max(500).default(""),
  }),
  response: silenceSchema,
});

export const endSilence = defineEndpoint({
  method: "DELETE",
  path: "/api/alerts/silences/:id",
  summary: "Ends a silence at once",
  role: "operator",
  params: z.object({ id: z.coerce.number().int().min(1) }),
  response: silenceSchema,
});
