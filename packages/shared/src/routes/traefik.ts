/**
 * Traefik's dynamic configuration, as far as Berth uses it: what its HTTP and file providers read.
 * https://doc.traefik.io/traefik/reference/dynamic-configuration/file/
 */
import * as z from "zod";

/** Where Traefik's HTTP provider finds it. */
export const traefikConfigurationPath = "/api/routes/traefik";

/** As Go's time.ParseDuration reads it. */
const durationSchema = z.string().regex(/^[0-9]+(?:ms|s|m|h)$/);

export const traefikRouterSchema = z.strictObject({
  entryPoints: z.array(z.string().min(1)).min(1),
  rule: z.string().min(1).describe("Host(`test-user1-n8n.valuechainhackers.xyz`)"),
  service: z.string().min(1),
  tls: z
    .strictObject({ certResolver: z.string().min(1).optional(), options: z.string().min(1).optional() })
    .optional()
    .describe("HTTPS only; left out: HTTP only"),
});

export const traefikHealthCheckSchema = z.strictObject({
  path: z.string().startsWith("/"),
  interval: durationSchema,
  timeout: durationSchema,
});

export const traefikServiceSchema = z.strictObject({
  loadBalancer: z.strictObject({
    servers: z.array(z.strictObject({ url: z.url({ protocol: /^https?$/ }) })).min(1),
    healthCheck: traefikHealthCheckSchema.optional(),
  }),
});

export const traefikTlsOptionsSchema = z.strictObject({ minVersion: z.enum(["VersionTLS12", "VersionTLS13"]) });

/** Without routes it is `{}`: Traefik refuses a section that is there and empty. */
export const traefikConfigurationSchema = z.strictObject({
  http: z
    .strictObject({
      routers: z.record(z.string(), traefikRouterSchema),
      services: z.record(z.string(), traefikServiceSchema),
    })
    .optional(),
  tls: z.strictObject({ options: z.record(z.string(), traefikTlsOptionsSchema) }).optional(),
});

export type TraefikConfiguration = z.output<typeof traefikConfigurationSchema>;
export type TraefikRouter = z.output<typeof traefikRouterSchema>;
export type TraefikService = z.output<typeof traefikServiceSchema>;
export type TraefikHealthCheck = z.output<typeof traefikHealthCheckSchema>;
