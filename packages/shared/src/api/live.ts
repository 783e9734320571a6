/** One stream of Server-Sent Events for everything that changes: GET /api/live?topics=status,runs,samples&run=ID */
import * as z from "zod";
import { frameSchema } from "../metrics/samples.ts";
import { logLineSchema, stepPhasesSchema } from "./runs.ts";
import { liveRunSchema, runChangeSchema } from "./run-change.ts";
import { instanceStatusSchema, nodeStatusSchema, statusSchema } from "./status.ts";

export const livePath = "/api/live";
/** Every stream of Server-Sent Events carries at least a comment in this time, so that a reader can tell quiet from dead. */
export const heartbeatMilliseconds = 5_000;
export const liveTopics = ["status", "runs", "samples"] as const;
export const liveQuerySchema = z.object({
  topics: z.string().default("status,runs").describe("Comma separated"),
  run: z.coerce
    .number()
    .int()
    .optional()
    .describe("Also the log of this run, its lines so far, then each as it comes; and phases of its steps"),
});

/** A batch of samples of one node, with its containers by name. */
export const liveSamplesSchema = z.object({
  node: z.string(),
  containers: z.array(z.object({ name: z.string(), instance: z.string() })),
  frames: z.array(frameSchema),
});

/** How many alerts are firing. Sent whenever an alert begins or ends. */
export const alertCountSchema = z.object({ firing: z.int(), critical: z.int() });
export type AlertCount = z.output<typeof alertCountSchema>;

/**
 * SSE `event:` names and their `data:`. `status` comes first and whole, and anew when the fleet file is another one; single
 * changes come in between. A run comes whole when it begins or is resumed, and at the begin of a stream that names it.
 * Whoever comes in between asks for it: GET /api/runs/:id.
 */
export const liveEvents = {
  status: statusSchema,
  node: nodeStatusSchema,
  /** With it whatever instances were on it: no event of their own tells that they are gone. */
  "node.gone": z.object({ name: z.string() }),
  instance: instanceStatusSchema,
  "instance.gone": z.object({ name: z.string() }),
  run: liveRunSchema,
  "run.change": runChangeSchema,
  "run.phases": stepPhasesSchema,
  log: logLineSchema.extend({ run: z.int() }),
  samples: liveSamplesSchema,
  alerts: alertCountSchema,
} as const;

export type LiveEvents = { [K in keyof typeof liveEvents]: z.output<(typeof liveEvents)[K]> };
export type LiveSamples = z.output<typeof liveSamplesSchema>;
