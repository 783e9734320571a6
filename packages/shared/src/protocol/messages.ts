/** Every message between agent and controller, as JSON text frames of one WebSocket. */
import * as z from "zod";
import { sampleBatchSchema } from "../metrics/samples.ts";
import { containerNameSchema, instanceNameSchema, nameSchema } from "../names.ts";
import { phasesSchema } from "../operations/phases.ts";
import { fileSystemSchema, mostFileSystems, mostVolumes, volumeSizeSchema } from "./disks.ts";
import { agentEventSchema } from "./events.ts";
import { nodeFactsSchema, observationSchema } from "./state.ts";

/** Largest message either side accepts, in bytes; a longer one closes the connection. */
export const maxMessageBytes = 4 * 1024 * 1024;
export const keepAliveSeconds = 10;
/** Silence after which a peer counts as gone. */
export const silenceSeconds = 30;

const operationIdSchema = z.uuid();
const streamIdSchema = z.uuid();
const errorSchema = z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() });

const hello = z.strictObject({
  type: z.literal("hello"),
  protocol: z.strictObject({ major: z.int(), minor: z.int() }),
  agentVersion: z.string(),
  node: nameSchema,
  bootId: z.string().describe("Of this agent process: two connections with different ones are two agents"),
  clock: z.int().describe("The node's clock, milliseconds since the epoch"),
  facts: nodeFactsSchema,
  journal: z.array(z.strictObject({ id: operationIdSchema, state: z.enum(["accepted", "running", "done"]) })),
});

/** Operation life cycle: accepted -> progress* -> result; the agent keeps the result until `acknowledge`. */
const accepted = z.strictObject({ type: z.literal("accepted"), id: operationIdSchema });
const progress = z.strictObject({
  type: z.literal("progress"),
  id: operationIdSchema,
  line: z.string().max(4096),
  fraction: z.number().min(0).max(1).optional(),
});
const result = z.strictObject({
  type: z.literal("result"),
  id: operationIdSchema,
  outcome: z.discriminatedUnion("status", [
    z.strictObject({ status: z.literal("succeeded"), output: z.unknown() }),
    z.strictObject({ status: z.literal("failed"), error: errorSchema }),
    z.strictObject({ status: z.literal("cancelled") }),
  ]),
  phases: phasesSchema.optional().describe("By the node's clock. Since 1.2"),
});
const observation = z.strictObject({ type: z.literal("observation"), id: z.uuid(), observation: observationSchema });
const events = z.strictObject({ type: z.literal("events"), events: z.array(agentEventSchema).max(1000) });
const samples = z.strictObject({ type: z.literal("samples"), batch: sampleBatchSchema });
/** All that the node has, each minute. Since 1.3 */
const fileSystems = z.strictObject({
  type: z.literal("filesystems"),
  fileSystems: z.array(fileSystemSchema).max(mostFileSystems),
});
/** All that the node has, when one of them was measured. Since 1.3 */
const volumes = z.strictObject({ type: z.literal("volumes"), volumes: z.array(volumeSizeSchema).max(mostVolumes) });
const streamData = z.strictObject({
  type: z.literal("stream.data"),
  id: streamIdSchema,
  container: containerNameSchema.optional().describe("In the log of all containers. Since 1.3"),
  channel: z.enum(["stdout", "stderr"]),
  data: z.string().describe("base64"),
});
const streamEnd = z.strictObject({
  type: z.literal("stream.end"),
  id: streamIdSchema,
  exitCode: z.int().nullable(),
  error: errorSchema.optional(),
});
/** Nothing was replaced: the agent that sends this goes on. */
const upgradeFailed = z.strictObject({ type: z.literal("upgrade.failed"), version: z.string(), error: errorSchema });
/** So much of the stream was read, and so much more may come: output by the controller, since 1.1; input by the agent, since 1.2. */
const streamTaken = z.strictObject({ type: z.literal("stream.taken"), id: streamIdSchema, bytes: z.int().positive() });
const certificateRequest = z.strictObject({ type: z.literal("certificate.request"), csr: z.string().max(8192) });

export const agentMessageSchema = z.discriminatedUnion("type", [
  hello,
  accepted,
  progress,
  result,
  observation,
  events,
  samples,
  fileSystems,
  volumes,
  streamData,
  streamEnd,
  streamTaken,
  certificateRequest,
  upgradeFailed,
]);

const welcome = z.strictObject({
  type: z.literal("welcome"),
  protocol: z.strictObject({ major: z.int(), minor: z.int() }),
  clock: z.int(),
  lastEventSequence: z.int().describe("Highest event sequence the controller has stored; later ones are sent again"),
  drift: z.enum(["mend", "report"]),
});
const operation = z.strictObject({
  type: z.literal("operation"),
  id: operationIdSchema,
  kind: z.string(),
  input: z.unknown(),
  deadlineSeconds: z.number().positive(),
});
const cancel = z.strictObject({ type: z.literal("cancel"), id: operationIdSchema });
const acknowledge = z.strictObject({ type: z.literal("acknowledge"), ids: z.array(operationIdSchema) });
const acknowledgeEvents = z.strictObject({ type: z.literal("acknowledge.events"), sequence: z.int() });
/** Asks for the node's state, read from Docker at this moment, not from a cache. Answered by `observation`. */
const observe = z.strictObject({ type: z.literal("observe"), id: z.uuid() });
/** How often samples are wanted: `interval` between them and `batch` between messages, seconds. */
const sampling = z.strictObject({
  type: z.literal("sampling"),
  intervalSeconds: z.number().positive(),
  batchSeconds: z.number().positive(),
});
const logsOpen = z.strictObject({
  type: z.literal("logs.open"),
  id: streamIdSchema,
  instance: instanceNameSchema,
  container: containerNameSchema.optional().describe("One alone; left out: the instance's own. Since 1.3"),
  allContainers: z
    .literal(true)
    .optional()
    .describe("All of the instance's, and each piece of data says whose it is. Since 1.3"),
  follow: z.boolean(),
  tail: z.int().nonnegative(),
  timestamps: z.boolean(),
});
const execOpen = z.strictObject({
  type: z.literal("exec.open"),
  id: streamIdSchema,
  instance: instanceNameSchema,
  container: containerNameSchema.optional().describe("Left out: the instance's own. Since 1.1"),
  command: z.array(z.string()).min(1),
  tty: z.strictObject({ columns: z.int(), rows: z.int() }).nullable(),
  windowBytes: z.int().positive().optional().describe("Output that may be under way unread; left out: any. Since 1.1"),
});
const streamInput = z.strictObject({
  type: z.literal("stream.input"),
  id: streamIdSchema,
  data: z.string().describe("base64; empty: end of input"),
});
const streamResize = z.strictObject({
  type: z.literal("stream.resize"),
  id: streamIdSchema,
  columns: z.int(),
  rows: z.int(),
});
const streamClose = z.strictObject({ type: z.literal("stream.close"), id: streamIdSchema });
const certificate = z.strictObject({ type: z.literal("certificate"), certificate: z.string() });
/** Asks the agent to replace itself: bundle and runtime by path on the controller, verified by SHA-256. */
const upgrade = z.strictObject({
  type: z.literal("upgrade"),
  version: z.string(),
  path: z.string(),
  sha256: z.string(),
});

export const controllerMessageSchema = z.discriminatedUnion("type", [
  welcome,
  operation,
  cancel,
  acknowledge,
  acknowledgeEvents,
  observe,
  sampling,
  logsOpen,
  execOpen,
  streamInput,
  streamResize,
  streamTaken,
  streamClose,
  certificate,
  upgrade,
]);

export type AgentMessage = z.output<typeof agentMessageSchema>;
export type ControllerMessage = z.output<typeof controllerMessageSchema>;
export type AgentMessageOf<T extends AgentMessage["type"]> = Extract<AgentMessage, { type: T }>;
export type ControllerMessageOf<T extends ControllerMessage["type"]> = Extract<ControllerMessage, { type: T }>;
