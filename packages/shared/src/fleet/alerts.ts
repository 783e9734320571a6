/** The section `alerts:` of a fleet file: what is told, from when on, and to whom. */
import * as z from "zod";
import { containerColumns, nodeColumns } from "../metrics/samples.ts";
import { nameSchema } from "../names.ts";
import { alertReceiverSchema, alertSeveritySchema } from "./alert-receivers.ts";
import { durationSchema } from "./duration.ts";
import { sizeSchema } from "./units.ts";

/** A number in the column's own unit, a size, or a share of what there is. */
export type AlertLevel = { value: number } | { share: number };

const shareSchema = z
  .string()
  .regex(/^\d{1,3}(?:\.\d+)?%$/, { error: "must be a number, a size such as 512MiB, or a share such as 90%" })
  .transform((text): AlertLevel => ({ share: Number.parseFloat(text) / 100 }));

export const alertLevelSchema = z
  .union([
    z.number().transform((value): AlertLevel => ({ value })),
    shareSchema,
    sizeSchema.transform((value): AlertLevel => ({ value })),
  ])
  .meta({ description: "A number in the column's unit, a size such as 512MiB, or a share of the limit such as 90%" });

/** What every rule has. */
const commonRule = {
  for: durationSchema.optional().describe("For how long it must be so before it is told"),
  clearAfter: durationSchema.optional().describe("For how long all must be well again before it ends"),
  severity: alertSeveritySchema.optional(),
};

export const alertRuleSchema = z
  .strictObject({
    ...commonRule,
    node: z.enum(nodeColumns).optional().describe("Own rule: column of a node (docs/metrics.md)"),
    container: z.enum(containerColumns).optional().describe("Own rule: column of a container (docs/metrics.md)"),
    above: alertLevelSchema.optional().describe("It is amiss above this"),
    below: alertLevelSchema.optional().describe("It is amiss below this"),
    clear: alertLevelSchema.optional().describe("And well again only when it is back at this"),
    within: durationSchema.optional().describe("The time that the rule looks over, or ahead"),
    tenants: z.array(nameSchema).min(1).optional().describe("Only of these, 'shared' for what no tenant has"),
    services: z.array(nameSchema).min(1).optional().describe("Only containers of these services"),
    summary: z.string().min(1).max(200).optional().describe("Own rule: what is told, in a sentence"),
  })
  .describe("Changes a rule of Berth's, or is an own one over a column");

export type AlertRule = z.output<typeof alertRuleSchema>;

export const alertGroupSchema = z
  .strictObject({
    wait: durationSchema.prefault("30s").describe("What begins within it is told in one message"),
    interval: durationSchema.prefault("5m").describe("The least between two messages to a receiver"),
    repeat: z
      .union([durationSchema, z.literal(false)])
      .prefault("24h")
      .describe("What still lasts is told again after this; false: never"),
  })
  .describe("How messages are put together");

export const alertsSchema = z
  .strictObject({
    rules: z
      .record(nameSchema, z.union([alertRuleSchema, z.literal(false)]))
      .default({})
      .describe("Changes to Berth's own rules, false for none of one; and own rules"),
    receivers: z.record(nameSchema, alertReceiverSchema).default({}).describe("Whom to tell"),
    group: alertGroupSchema.prefault({}),
  })
  .describe("What is told when something is amiss, and whom");

export type Alerts = z.output<typeof alertsSchema>;
