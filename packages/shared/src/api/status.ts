import * as z from "zod";
import { instanceStateSchema, nodeFactsSchema, nodeStateSchema, observedInstanceSchema } from "../protocol/state.ts";
import { historyStatusSchema } from "../metrics/history.ts";
import { mostContainers } from "../metrics/samples.ts";
import { defineEndpoint } from "./define.ts";
import { controllerBackupSchema, recoveryKeySchema } from "./recovery.ts";
import { upgradeCheckSchema } from "./upgrades.ts";

export const nodeStatusSchema = z.object({
  name: z.string(),
  address: z.string(),
  state: nodeStateSchema,
  agentVersion: z.string().nullable(),
  outdated: z.boolean().describe("The agent speaks an older protocol or is an older version than the controller"),
  lastSeen: z.iso.datetime().nullable(),
  clockSkewMilliseconds: z.number().nullable(),
  facts: nodeFactsSchema.nullable(),
  vmid: z.int().nullable(),
  containersRunning: z
    .int()
    .optional()
    .describe(
      `How many run on it while more do than are measured, which are ${mostContainers}; left out: all are measured`,
    ),
});

export const instanceStatusSchema = z.object({
  name: z.string(),
  service: z.string(),
  node: z.string(),
  tenant: z.string().nullable().describe("null: shared"),
  state: instanceStateSchema,
  version: z.string(),
  drift: z.array(z.string()),
  ports: z.array(z.int()).describe("Host ports"),
  containers: observedInstanceSchema.shape.containers,
});

export const statusSchema = z.object({
  fleet: z.string().nullable().describe("null: no fleet file was applied yet"),
  nodes: z.array(nodeStatusSchema),
  instances: z.array(instanceStatusSchema),
});
/** How an owner of backups stands: what can be restored of it, and what is amiss. Only backups of it as a whole count. */
export const ownerBackupsSchema = z.object({
  owner: z.string().describe("Tenant, or shared instance"),
  newest: z
    .object({
      id: z.string(),
      createdAt: z.iso.datetime(),
      bytes: z.int().describe("Size of what was backed up"),
      verifiedAt: z.iso.datetime().nullable(),
      provenAt: z.iso.datetime().nullable(),
    })
    .nullable()
    .describe("The newest complete one; null: there is none"),
  failed: z
    .object({ id: z.string(), run: z.int(), createdAt: z.iso.datetime(), state: z.enum(["failed", "lost"]) })
    .nullable()
    .describe("The last attempt, when it came to nothing or its repository does not hold it any more"),
  lateSince: z.iso.datetime().nullable().describe("When the backup was due that is not there; null: it is not late"),
  provenAt: z.iso
    .datetime()
    .nullable()
    .describe("When the last proof was that one of them can be restored; null: never"),
});
export type OwnerBackups = z.output<typeof ownerBackupsSchema>;

/** How the controller's own backup stands. One is complete only when it was read back and opened: there is no unproven one. */
export const controllerStandingSchema = z.object({
  newest: controllerBackupSchema
    .pick({ id: true, createdAt: true, bytes: true, keyVersion: true })
    .nullable()
    .describe("The newest complete one; null: a lost controller cannot be rebuilt"),
  failed: controllerBackupSchema
    .pick({ id: true, createdAt: true, error: true })
    .nullable()
    .describe("The last attempt, when it came to nothing"),
  lateSince: z.iso.datetime().nullable().describe("When the backup was due that is not there; null: it is not late"),
  recoveryKey: recoveryKeySchema
    .pick({ version: true, shownAt: true })
    .nullable()
    .describe("The present key; shownAt is null while nobody was given it; null: none was needed yet"),
});
export type ControllerStanding = z.output<typeof controllerStandingSchema>;

export const suspendedInstanceSchema = z.object({
  name: z.string(),
  service: z.string(),
  node: z.string(),
  tenant: z.string().nullable().describe("null: shared"),
  withTenant: z.boolean().describe("Its tenant is suspended, with all that it has"),
});
export type SuspendedInstance = z.output<typeof suspendedInstanceSchema>;

/** What GET /api/status tells beyond what the live stream repeats. */
export const fleetStatusSchema = statusSchema.extend({
  suspended: z
    .array(suspendedInstanceSchema)
    .optional()
    .describe("Instances that are taken down, with all that they hold kept; left out: there are none"),
  backups: z
    .array(ownerBackupsSchema)
    .optional()
    .describe("By owner, in the order of the fleet; left out: the fleet file says nothing of backups"),
  controllerBackup: controllerStandingSchema
    .optional()
    .describe("The controller's own; left out: the fleet file says nothing of backups"),
  history: historyStatusSchema.optional().describe("Of metrics; left out by a controller that keeps none"),
  upgrades: upgradeCheckSchema
    .optional()
    .describe("What registries said when they were asked last: this asks none; left out: there is no fleet file yet"),
});
export type FleetStatus = z.output<typeof fleetStatusSchema>;
export type Status = z.output<typeof statusSchema>;
export type NodeStatus = z.output<typeof nodeStatusSchema>;

/** When the node was started, by the controller's clock; null: its agent does not tell. */
export function bootedAtOf({
  facts,
  clockSkewMilliseconds,
}: Pick<NodeStatus, "facts" | "clockSkewMilliseconds">): number | null {
  return facts?.bootedAt === undefined ? null : facts.bootedAt - (clockSkewMilliseconds ?? 0);
}

/** What somebody who looks at the node is told when not all of its containers are measured; null: nothing. */
export function surplusSentence({ containersRunning }: Pick<NodeStatus, "containersRunning">): string | null {
  if (containersRunning === undefined) return null;
  return `More than ${mostContainers} containers run on this node: ${mostContainers} of them are measured, those of instances before others.`;
}
export type InstanceStatus = z.output<typeof instanceStatusSchema>;

export const getStatus = defineEndpoint({
  method: "GET",
  path: "/api/status",
  summary:
    "Nodes and instances with their states, how the backups of each owner and of the controller stand, and what is behind",
  role: "tenant",
  response: fleetStatusSchema,
});

export const getVersion = defineEndpoint({
  method: "GET",
  path: "/api/version",
  summary: "Version of the controller",
  role: "public",
  response: z.object({ version: z.string() }),
});
