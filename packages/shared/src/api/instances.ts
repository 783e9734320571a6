/** Instances restarted, stopped and started, and streams of one: logs are Server-Sent Events, exec is a WebSocket. */
import * as z from "zod";
import { containerNameSchema, instanceNameSchema } from "../names.ts";
import { planSchema } from "../operations/plan.ts";
import { defineEndpoint } from "./define.ts";
import { errorBodySchema } from "./errors.ts";
import { runSchema } from "./runs.ts";

export const restartInstances = defineEndpoint({
  method: "POST",
  path: "/api/instances/restart",
  summary: "Stops instances and starts them again, as they are",
  role: "operator",
  body: z.strictObject({
    of: z.array(instanceNameSchema).min(1).describe("Instances, and tenants for all that they have"),
    dryRun: z.boolean().default(false).describe("Plan, and change nothing"),
  }),
  response: z.object({ plan: planSchema, run: runSchema.nullable() }),
});

const stoppedBody = z.strictObject({
  of: z.array(instanceNameSchema).min(1).describe("Instances; of a shared service, its replicas go with it"),
  dryRun: z.boolean().default(false).describe("Plan, and change nothing"),
});

export const stopInstances = defineEndpoint({
  method: "POST",
  path: "/api/instances/stop",
  summary: "Suspends instances: takes them down with their routes, and keeps what they hold",
  role: "admin",
  body: stoppedBody,
  response: z.object({ plan: planSchema, run: runSchema.nullable() }),
});

export const startInstances = defineEndpoint({
  method: "POST",
  path: "/api/instances/start",
  summary: "Brings suspended instances and their routes back",
  role: "admin",
  body: stoppedBody,
  response: z.object({ plan: planSchema, run: runSchema.nullable() }),
});

export const logsPath = "/api/instances/:name/logs";
export const logsQuerySchema = z.object({
  follow: z.stringbool().default(false),
  tail: z.coerce.number().int().min(0).max(100_000).default(100),
  timestamps: z.stringbool().default(false),
  container: containerNameSchema.optional().describe("One alone; left out: all, merged by time"),
});
/**
 * Event `containers`, the first: logContainersSchema. Event `line`: one log line. Event `end`: the stream is over.
 * Event `error`: errorBodySchema.
 */
export const logEventSchema = z.object({
  channel: z.enum(["stdout", "stderr"]),
  container: z.string().optional().describe("Left out: the node's agent is older, and this is the instance's own"),
  text: z.string(),
});
export type LogEvent = z.output<typeof logEventSchema>;
/** Those whose lines are to come, as far as known; one that is made later is not among them. */
export const logContainersSchema = z.object({ names: z.array(z.string()) });

export const execPath = "/api/instances/:name/exec";
export const execRequestSchema = z.strictObject({
  instance: instanceNameSchema,
  container: containerNameSchema.optional().describe("Of an instance that has several; left out: its own"),
  command: z.array(z.string()).min(1),
  tty: z.strictObject({ columns: z.int(), rows: z.int() }).nullable(),
  windowBytes: z
    .int()
    .min(1)
    .optional()
    .describe("How much output may be under way of which the client has not told that it is taken; left out: any"),
  inputWindowBytes: z
    .int()
    .min(1)
    .max(4 * 1024 * 1024)
    .optional()
    .describe(
      "How much input the client sends of which it has not been told that it is taken; left out: it is not told, and ended once 8 MiB wait",
    ),
});
/** First message of the client is execRequestSchema; then these, both ways, as JSON text frames. */
export const execClientMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("input"), data: z.string().describe("base64; empty: end of input") }),
  z.strictObject({ type: z.literal("resize"), columns: z.int(), rows: z.int() }),
  z
    .strictObject({ type: z.literal("taken"), bytes: z.int().min(0) })
    .describe("Of output, since it told the last time"),
  z.strictObject({ type: z.literal("ping") }).describe("Answered by pong: a browser is not told of WebSocket's own"),
]);
export const execServerMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("output"), channel: z.enum(["stdout", "stderr"]), data: z.string() }),
  z
    .strictObject({ type: z.literal("taken"), bytes: z.int().min(0) })
    .describe("Of input, since it was told the last time"),
  z.strictObject({ type: z.literal("exit"), code: z.int().nullable() }),
  z.strictObject({ type: z.literal("pong"), nodeSilentSeconds: z.number().describe("Since the node was last heard") }),
  z.strictObject({ type: z.literal("error"), ...errorBodySchema.shape }),
]);

/** What a terminal runs: bash where there is one. Colours and UTF-8, which images seldom ask for by themselves. */
export const shellCommand: readonly string[] = [
  "sh",
  "-c",
  'export TERM=xterm-256color LANG="${LANG:-C.UTF-8}"; if command -v bash >/dev/null; then exec bash; fi; exec sh',
];
