/** An alert, from when something is first amiss until all is well again. Times are milliseconds since the epoch. */
import { alertLabelsSchema } from "@berth/shared/api/alerts";
import { alertSeveritySchema } from "@berth/shared/fleet/alert-receivers";
import * as z from "zod";

const moment = z.number().nullable();

export const alertStateSchema = z.object({
  key: z.string(),
  rule: z.string(),
  severity: alertSeveritySchema,
  labels: alertLabelsSchema,
  summary: z.string(),
  description: z.string(),
  value: z.number().nullable(),
  phase: z.enum(["pending", "firing", "ended"]),
  since: z.number(),
  /** For how long it was amiss up to `badSince`, with what was well in between left out. */
  badMilliseconds: z.number(),
  /** Amiss since then without a break; null: it is not at this moment. */
  badSince: moment,
  /** Well since then without a break. */
  goodSince: moment,
  firedAt: moment,
  endedAt: moment,
  /** How many times it had come back within a day when it began. */
  returns: z.number(),
  /** By receiver: when a message was made that tells of it, and of its end. */
  told: z.record(z.string(), z.object({ firing: z.number(), ended: moment })),
});

export type AlertState = z.output<typeof alertStateSchema>;

/** Of one alert among all that ever were. */
export function idOf({ key, since }: Pick<AlertState, "key" | "since">): string {
  return `${key}@${new Date(since).toISOString()}`;
}
