import { z } from "zod";
import { instanceStateSchema, nodeFactsSchema, nodeStateSchema, observedInstanceSchema } from "../protocol/state.ts";
import { defineEndpoint } from "./define.ts";

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
export type Status = z.output<typeof statusSchema>;
export type NodeStatus = z.output<typeof nodeStatusSchema>;
export type InstanceStatus = z.output<typeof instanceStatusSchema>;

export const getStatus = defineEndpoint({
  method: "GET",
  path: "/api/status",
  summary: "Nodes and instances with their states",
  role: "viewer",
  response: statusSchema,
});

export const getVersion = defineEndpoint({
  method: "GET",
  path: "/api/version",
  summary: "Version of the controller",
  role: "public",
  response: z.object({ version: z.string() }),
});
