import * as z from "zod";
import { healthSchema } from "../catalog/schema.ts";
import { instanceNameSchema, nameSchema } from "../names.ts";

/** One container as the agent makes it. Volumes are named Docker volumes `<instance>-<volume>`, kept when the container goes. */
export const containerSpecSchema = z.strictObject({
  name: z.string().describe("Container name: the instance's, or <instance>-<part> in a composite service"),
  image: z.string().describe("Full reference with tag, mirror included"),
  digest: z.string().optional().describe("sha256:… that the image must have"),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  env: z
    .record(z.string(), z.string())
    .describe("In a plan, secrets stand as ${secret:…}; at dispatch they are values"),
  files: z
    .array(z.strictObject({ path: z.string(), content: z.string() }))
    .optional()
    .describe("Put into the container before it starts: root's, mode 0644; secrets as in env"),
  ports: z.array(z.strictObject({ container: z.int(), host: z.int() })),
  volumes: z.array(
    z.strictObject({ volume: z.string().describe("Its name within the instance: data"), path: z.string() }),
  ),
  memoryBytes: z.int(),
  cpus: z.number().optional(),
  stopTimeoutSeconds: z.int(),
  sideBySide: z
    .literal(true)
    .optional()
    .describe("Another one of it may run beside it over the same volumes, and answers while it is exchanged"),
  health: healthSchema,
});
export type ContainerSpec = z.output<typeof containerSpecSchema>;

/** The desired state of one instance: what an agent keeps, compares by `hash` and holds its node to. */
export const instanceSpecSchema = z.strictObject({
  instance: instanceNameSchema,
  service: nameSchema,
  version: z.string(),
  tenant: nameSchema.nullable(),
  node: nameSchema,
  hash: z
    .string()
    .describe("Hash of everything above with secrets by reference and version, so equal hashes mean nothing to do"),
  containers: z.array(containerSpecSchema).min(1).describe("In start order"),
});
export type InstanceSpec = z.output<typeof instanceSpecSchema>;
