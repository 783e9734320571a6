/** What an agent says about its node and instances. */
import * as z from "zod";
import { instanceNameSchema, nameSchema } from "../names.ts";

export const instanceStateSchema = z.enum(["healthy", "unhealthy", "starting", "stopped", "missing", "unknown"]);
export const nodeStateSchema = z.enum(["online", "offline", "enrolling", "absent"]);

export const observedInstanceSchema = z.strictObject({
  instance: instanceNameSchema,
  service: nameSchema,
  tenant: nameSchema.nullable(),
  version: z.string(),
  hash: z.string(),
  state: instanceStateSchema,
  drift: z.array(z.string()).describe("How the containers depart from the specification; empty: not at all"),
  containers: z.array(
    z.strictObject({
      name: z.string(),
      id: z.string(),
      image: z.string(),
      imageId: z.string(),
      digests: z
        .array(z.string())
        .optional()
        .describe("References by which registries know the image: docker.io/n8nio/n8n@sha256:…; left out: not known"),
      state: z.string().describe("As Docker says: running, exited, restarting …"),
      startedAt: z.string().nullable(),
      restarts: z.int(),
    }),
  ),
});

export const nodeFactsSchema = z.strictObject({
  hostname: z.string(),
  os: z.string().describe("Debian GNU/Linux 12 (bookworm)"),
  kernel: z.string(),
  architecture: z.string(),
  cores: z.number().describe("Cores this node may use, LXC limit included"),
  memoryBytes: z.int(),
  dockerVersion: z.string().nullable(),
  cgroupVersion: z.union([z.literal(1), z.literal(2)]),
  bootedAt: z
    .int()
    .optional()
    .describe("When its first process began, milliseconds since the epoch by its own clock; left out: not known"),
});

export const observationSchema = z.strictObject({
  instances: z.array(observedInstanceSchema),
  images: z.array(z.string()).describe("References with tag and with digest that are present"),
  firewall: z.string().nullable().optional().describe("Hash of the rules that are in force; null: none"),
  docker: z.union([z.literal("running"), z.literal("unreachable")]),
});

export type InstanceState = z.output<typeof instanceStateSchema>;
export type NodeState = z.output<typeof nodeStateSchema>;
export type ObservedInstance = z.output<typeof observedInstanceSchema>;
export type NodeFacts = z.output<typeof nodeFactsSchema>;
export type Observation = z.output<typeof observationSchema>;
