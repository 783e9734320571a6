/** What a service *is*. One file per service beside this one; adding a service is adding a file. */
import { z } from "zod";
import { sizeSchema } from "../fleet/units.ts";
import { nameSchema } from "../names.ts";

export const healthSchema = z
  .strictObject({
    http: z
      .strictObject({ port: z.int(), path: z.string().startsWith("/") })
      .optional()
      .describe("Healthy when GET answers 2xx; port is the container's"),
    command: z.array(z.string()).min(1).optional().describe("Healthy when it exits 0 inside the container"),
    intervalSeconds: z.number().positive().default(1),
    timeoutSeconds: z.number().positive().default(5),
    startPeriodSeconds: z.number().positive().default(120).describe("How long it may take to become healthy"),
    failures: z.int().min(1).default(3).describe("Failures in a row that make a healthy instance unhealthy"),
  })
  .refine((health) => (health.http === undefined) !== (health.command === undefined), {
    error: "needs either http or command",
  });

export const generatedSecretSchema = z.strictObject({
  length: z.int().min(8).max(128).default(32),
  alphabet: z.enum(["alphanumeric", "hex"]).default("alphanumeric"),
});

export const needSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("database"), extensions: z.array(z.string()).default([]) }),
  z
    .strictObject({ kind: z.literal("service"), service: nameSchema })
    .describe("Another instance must be healthy first"),
]);

/**
 * Environment values may hold placeholders, resolved by the planner (no secret) and at dispatch (secrets):
 * `${secret.NAME}`, `${database.host|port|name|user|password}`, `${route.url}`, `${route.host}`, `${node.address}`,
 * `${service.NAME.address}`, `${service.NAME.port}`, `${tenant}`. A fleet file's `env` wins over them.
 *
 * Until there are routes, a person opens an instance at http://<node>:<host port>: a service must let them log in there.
 */
export const serviceSchema = z.strictObject({
  name: nameSchema,
  title: z.string(),
  description: z.string(),
  scope: z.enum(["shared", "tenant"]),
  image: z.string().describe("Repository without tag: docker.io/n8nio/n8n"),
  version: z.string().describe("Pinned tag"),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  ports: z.array(z.strictObject({ name: nameSchema, container: z.int(), host: z.int() })),
  env: z.record(z.string(), z.string()).default({}),
  secrets: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9]*$/), generatedSecretSchema).default({}),
  volumes: z.array(z.strictObject({ name: nameSchema, path: z.string().startsWith("/") })).default([]),
  memory: sizeSchema.describe("Memory limit"),
  cpus: z.number().positive().optional(),
  health: healthSchema,
  needs: z.array(needSchema).default([]),
  route: z.strictObject({ port: nameSchema }).optional().describe("The port that its route leads to"),
  stopTimeoutSeconds: z.int().min(1).default(10).describe("From SIGTERM to SIGKILL"),
});

export type Service = z.output<typeof serviceSchema>;
export type Health = z.output<typeof healthSchema>;
export type Need = z.output<typeof needSchema>;
export type GeneratedSecret = z.output<typeof generatedSecretSchema>;
/** By name. */
export type Catalog = ReadonlyMap<string, Service>;

export function defineService(definition: z.input<typeof serviceSchema>): Service {
  return serviceSchema.parse(definition);
}
