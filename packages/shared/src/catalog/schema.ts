/** What a service *is*. One file per service beside this one; adding a service is adding a file. */
import * as z from "zod";
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

/** A random value. */
export const generatedSecretSchema = z.strictObject({
  length: z.int().min(8).max(128).default(32),
  alphabet: z.enum(["alphanumeric", "hex"]).default("alphanumeric"),
  initial: z
    .literal(true)
    .optional()
    .describe(
      "Read when its data are first made alone: the container keeps the first version, the store gets the next",
    ),
  permanent: z.string().min(1).optional().describe("Why it cannot be rotated, as a phrase: what is encrypted with it"),
});

/** A JSON Web Token (HS256), made again whenever its key or its claims change. */
export const tokenSecretSchema = z.strictObject({
  token: z.strictObject({
    signedWith: z.string().describe("The service's secret that is its key"),
    claims: z.record(z.string(), z.json()),
  }),
});

const secretNameSchema = z.string().regex(/^[a-zA-Z][a-zA-Z0-9]*$/, {
  error: "must be letters and digits, with a letter at its start",
});

export const secretRuleSchema = z.union([tokenSecretSchema, generatedSecretSchema]);

const environmentSchema = z.record(z.string(), z.string()).default({});

export const collectionSchema = z.strictObject({
  name: z.string().describe("Put behind <tenant>_<service>_: files -> user1_openwebui_files"),
  vectorSize: z.int().min(1).max(65_536),
  distance: z.enum(["Cosine", "Dot", "Euclid", "Manhattan"]).default("Cosine"),
  partitionedBy: z
    .string()
    .optional()
    .describe("Field of the points' payload that every search filters by: whose they are"),
  indexes: z.array(z.string()).optional().describe("Further fields that points are filtered by: metadata.hash"),
});

/** What must exist elsewhere before an instance starts. */
export const needSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("database"),
    extensions: z.array(z.string()).default([]),
    counts: z
      .record(nameSchema, z.string())
      .default({})
      .describe("How much it is used: what the rows of which table are, as PostgreSQL counts them by itself"),
  }),
  z
    .strictObject({ kind: z.literal("collections"), collections: z.array(collectionSchema).min(1) })
    .describe("In Qdrant, with a token for these alone"),
  z
    .strictObject({ kind: z.literal("buckets"), buckets: z.array(nameSchema).min(1) })
    .describe("In the object store, named <tenant>-<bucket>, with one access key for the tenant's buckets"),
  z
    .strictObject({ kind: z.literal("service"), service: nameSchema })
    .describe("Another instance must be healthy first"),
]);

/** What an instance is connected to if the fleet has it; without it, the instance runs on its own. */
export const useSchema = z.strictObject({
  service: nameSchema.optional().describe("A shared service"),
  key: nameSchema.optional().describe("A key that a person gives: openrouter"),
  needs: z.array(needSchema).default([]),
  env: environmentSchema,
});

/** How a copy is made that can be restored; `method` is what backups are carried out by. */
export const backupSchema = z.strictObject({
  method: z
    .enum(["none", "volumes", "postgres", "qdrant", "buckets", "neo4j"])
    .describe("none: nothing that cannot be made again"),
  stop: z.boolean().default(false).describe("Its format demands that the instance is stopped meanwhile"),
  note: z.string().optional(),
});

export const upgradeSchema = z
  .strictObject({
    skipMinor: z.boolean().default(true).describe("false: each minor version has to be passed through"),
    oneWay: z.boolean().default(false).describe("What a new version has migrated, an older one cannot read"),
    sideBySide: z
      .boolean()
      .default(false)
      .describe("Two of its container may run at once over the same volumes: it is exchanged without a gap"),
    major: z.string().optional().describe("What a person has to do for another major version"),
    notes: z.url().optional().describe("Release notes"),
  })
  .refine(({ oneWay, sideBySide }) => !(oneWay && sideBySide), {
    error: "oneWay and sideBySide exclude each other: two versions would work on data that only one can read",
  });

const containerFields = {
  image: z.string().describe("Repository without tag: docker.io/n8nio/n8n"),
  version: z.string().describe("Pinned tag"),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, { error: "must be 'sha256:' and 64 hexadecimal digits" })
    .optional()
    .describe("Of the pinned tag; an image that differs is refused"),
  entrypoint: z.array(z.string()).min(1).optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  ports: z.array(z.strictObject({ name: nameSchema, container: z.int(), host: z.int() })).default([]),
  env: environmentSchema,
  files: z
    .array(z.strictObject({ path: z.string().startsWith("/"), content: z.string() }))
    .default([])
    .describe("Put into the container before it starts; placeholders as in env"),
  volumes: z.array(z.strictObject({ name: nameSchema, path: z.string().startsWith("/") })).default([]),
  memory: sizeSchema.describe("Memory limit"),
  cpus: z.number().positive().optional(),
  health: healthSchema,
  stopTimeoutSeconds: z.int().min(1).default(10).describe("From SIGTERM to SIGKILL"),
};

/** A further container of a composite service; the others reach it under the name `${part.NAME}`. */
export const partSchema = z.strictObject({
  name: nameSchema,
  starts: z.enum(["before", "after"]).default("before").describe("Than the service's main container"),
  ...containerFields,
});

/**
 * Environment values may hold placeholders, resolved by the planner (no secret) and at dispatch (secrets):
 * `${secret.NAME}`, `${secret.NAME.bcrypt}` (its hash), `${database.host|port|name|user|password|url}`,
 * `${collections.prefix|token}`, `${bucket.NAME}`, `${buckets.accessKey|secretKey}`, `${key}` (of the use that names
 * one), `${route.url|host}`, `${node.address}`, `${controller.address|port|ca|metricsToken}` (the last for shared
 * services only),
 * `${service.NAME.address|port|url}`, `${service.NAME.port.PORT}`, `${service.NAME.secret.SECRET}` (shared services
 * only), `${service.NAME.route.url|host}`, `${part.NAME}`, `${main}`, `${tenant}`. A fleet file's `env` wins over them.
 *
 * A person may open an instance at http://<node>:<host port>: a service must let them log in there.
 */
export const serviceSchema = z
  .strictObject({
    name: nameSchema,
    title: z.string(),
    description: z.string(),
    website: z.url().optional(),
    scope: z.enum(["shared", "tenant"]),
    ...containerFields,
    parts: z.array(partSchema).default([]).describe("Further containers, in the order of their start"),
    secrets: z.record(secretNameSchema, secretRuleSchema).default({}),
    needs: z.array(needSchema).default([]),
    uses: z
      .array(useSchema)
      .default([])
      .refine((uses) => uses.every(({ service, key }) => (service === undefined) !== (key === undefined)), {
        error: "each needs either service or key",
      }),
    route: z.strictObject({ port: nameSchema }).optional().describe("The port that its route leads to"),
    backup: backupSchema.default({ method: "none", stop: false }),
    upgrade: upgradeSchema.prefault({}),
  })
  .refine(({ parts, upgrade }) => !(upgrade.sideBySide && parts.length > 0), {
    path: ["upgrade", "sideBySide"],
    error: "is for services of one container: the others would reach both of the two",
  });

export type Service = z.output<typeof serviceSchema>;
export type Part = z.output<typeof partSchema>;
export type Health = z.output<typeof healthSchema>;
export type Need = z.output<typeof needSchema>;
export type Use = z.output<typeof useSchema>;
export type GeneratedSecret = z.output<typeof generatedSecretSchema>;
export type SecretRule = z.output<typeof secretRuleSchema>;
/** By name. */
export type Catalog = ReadonlyMap<string, Service>;

export function defineService(definition: z.input<typeof serviceSchema>): Service {
  return serviceSchema.parse(definition);
}
