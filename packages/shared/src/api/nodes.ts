import * as z from "zod";
import { sshSchema } from "../fleet/schema.ts";
import { nameSchema } from "../names.ts";
import { defineEndpoint } from "./define.ts";
import { runSchema } from "./runs.ts";
import { instanceStatusSchema, nodeStatusSchema } from "./status.ts";

/** How long SSH to a host that exists is tried: it answers soon or not at all. */
export const hostSshSeconds = 20;

const nodeParams = z.object({ name: nameSchema });

export const listNodes = defineEndpoint({
  method: "GET",
  path: "/api/nodes",
  summary: "Nodes with their states",
  role: "viewer",
  response: z.object({ nodes: z.array(nodeStatusSchema) }),
});
export const getNode = defineEndpoint({
  method: "GET",
  path: "/api/nodes/:name",
  summary: "One node with its instances",
  role: "viewer",
  params: nodeParams,
  response: nodeStatusSchema.extend({ instances: z.array(instanceStatusSchema) }),
});
export const addNode = defineEndpoint({
  method: "POST",
  path: "/api/nodes",
  summary: "Takes a host that exists into the fleet, by SSH; one that cannot be a node or does not answer stays out",
  role: "admin",
  body: z.strictObject({ name: nameSchema, address: z.ipv4(), ssh: sshSchema }),
  response: z.object({ run: runSchema.nullable().describe("null: it is in the fleet and online already") }),
});
export const removeNode = defineEndpoint({
  method: "DELETE",
  path: "/api/nodes/:name",
  summary: "Takes the agent off the host, revokes the node's certificate and forgets it",
  role: "admin",
  params: nodeParams,
  query: z.object({
    force: z.stringbool().default(false).describe("Although the agent cannot be taken off the host"),
    uninstall: z.stringbool().default(true).describe("Take the agent off the host by SSH, if it ever enrolled"),
  }),
  response: z.object({
    removed: z.boolean(),
    enrolled: z.boolean().describe("false: no agent was ever enrolled, so none had to be taken off"),
    uninstalled: z.boolean(),
    uninstallCommand: z
      .string()
      .nullable()
      .describe("The line that takes the agent off, when run on the host as root; null: it is off, or is to stay"),
    run: runSchema.nullable().describe("Closes the other nodes to it; null: none lets it in"),
  }),
});
export const createJoinToken = defineEndpoint({
  method: "POST",
  path: "/api/nodes/tokens",
  summary: "A single-use join token and the line that installs an agent with it",
  role: "admin",
  body: z.strictObject({
    name: nameSchema,
    address: z.ipv4().optional().describe("Of the host; left out: the one that the fleet gives this node"),
    validSeconds: z.int().min(60).max(604_800).default(3600),
  }),
  response: z.object({
    token: z.string(),
    command: z.string(),
    expiresAt: z.iso.datetime(),
    address: z.ipv4(),
    added: z.boolean().describe("The node was not in the fleet before"),
  }),
});
export const upgradeAgent = defineEndpoint({
  method: "POST",
  path: "/api/nodes/:name/upgrade-agent",
  summary: "Replaces the agent by the controller's version; the old one comes back if the new one does not connect",
  role: "operator",
  params: nodeParams,
  response: z.object({ from: z.string(), to: z.string(), changed: z.boolean() }),
});
