/** What a fleet's nodes and hosts have, against what its instances may use. Sizes are in bytes. */
import * as z from "zod";
import { defineEndpoint } from "./define.ts";

export const instanceCapacitySchema = z.object({
  name: z.string(),
  service: z.string(),
  tenant: z.string().nullable().describe("null: shared"),
  containers: z.int(),
  memoryBytes: z.int().describe("Memory limits of all its containers"),
  cpus: z.number().describe("CPU limits of those of its containers that have one"),
  suspended: z.boolean().describe("It or its tenant is suspended: what it may use is kept for it"),
});

export const nodeCapacitySchema = z.object({
  name: z.string(),
  source: z
    .enum(["template", "agent"])
    .nullable()
    .describe("Who says what the node has; null: nobody yet, and memory and cores are null"),
  template: z.string().nullable(),
  memoryBytes: z.int().nullable(),
  cores: z.int().nullable(),
  limitBytes: z.int().describe("Memory limits of the instances that run"),
  systemBytes: z.int().describe("Reserve for the system, the Docker engine and the agent"),
  suspendedBytes: z.int().describe("Reserve for suspended instances"),
  headRoomBytes: z.int().nullable().describe("What is left; below zero: overcommitted"),
  cpus: z.number().describe("CPU limits of the instances that run"),
  unlimitedContainers: z.int().describe("Containers of those without a CPU limit"),
  instances: z.array(instanceCapacitySchema),
});

export const hostCapacitySchema = z.object({
  proxmox: z.string().describe("Connection of the fleet file"),
  node: z.string().describe("Name of the Proxmox VE node"),
  memoryBytes: z.int(),
  systemBytes: z.int().describe("Reserve for Proxmox VE itself"),
  fleetBytes: z.int().describe("Memory of the fleet's LXCs there, those that are still to be made included"),
  otherBytes: z.int().describe("Memory that its other guests may use"),
  storage: z.string(),
  storageBytes: z.int(),
  storageFreeBytes: z.int(),
  awaitedBytes: z.int().describe("Disks of the fleet's LXCs that are still to be made"),
  template: z.string().nullable().describe("Of one more tenant's node; null: the fleet has none to go by"),
  moreTenants: z.int().nullable().describe("How many more tenants fit; null without a template"),
  limitedBy: z.enum(["memory", "disk"]).nullable(),
});

export const comparisonSchema = z.object({
  tenants: z.int(),
  sharedBytes: z.int().describe("Memory of the nodes that run shared services"),
  tenantBytes: z.int().describe("Memory of the tenants' own nodes"),
  monolithicBytes: z.int().describe("tenants x sharedBytes: each tenant with all shared services on a node of its own"),
  distributedBytes: z.int().describe("sharedBytes + tenantBytes"),
  savedBytes: z.int().describe("Below zero: distributed takes more"),
  savedPercent: z.int(),
});

export const capacitySchema = z.object({
  fleet: z.string(),
  nodes: z.array(nodeCapacitySchema),
  hosts: z.array(hostCapacitySchema),
  unaskedHosts: z
    .array(z.object({ proxmox: z.string(), node: z.string(), reason: z.string() }))
    .describe("Proxmox VE hosts that did not say what they have"),
  comparison: comparisonSchema
    .nullable()
    .describe("null: no tenants, no shared services, or a node's memory is unknown"),
  warnings: z.array(z.string()),
});

export type InstanceCapacity = z.output<typeof instanceCapacitySchema>;
export type NodeCapacity = z.output<typeof nodeCapacitySchema>;
export type HostCapacity = z.output<typeof hostCapacitySchema>;
export type Comparison = z.output<typeof comparisonSchema>;
export type Capacity = z.output<typeof capacitySchema>;

export const getCapacity = defineEndpoint({
  method: "GET",
  path: "/api/capacity",
  summary: "Limits against what nodes and hosts have, for the present desired state",
  role: "viewer",
  response: capacitySchema,
});

export const postCapacity = defineEndpoint({
  method: "POST",
  path: "/api/capacity",
  summary: "The same for a fleet file; changes nothing",
  role: "admin",
  body: z.strictObject({
    yaml: z.string().max(1024 * 1024),
    file: z.string().default("fleet.yaml").describe("Its name, for messages"),
  }),
  response: capacitySchema,
});
