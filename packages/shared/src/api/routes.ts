/** How instances are reached by name, and whether they are. */
import * as z from "zod";
import { instanceStateSchema } from "../protocol/state.ts";
import { defineEndpoint } from "./define.ts";

export const routeServerSchema = z.object({
  instance: z.string(),
  node: z.string(),
  address: z.string(),
  port: z.int(),
  state: instanceStateSchema,
  upgrading: z
    .boolean()
    .describe("It is on its way to another version, and answered before: the router goes on sending to it"),
});

export const routeSchema = z.object({
  host: z.string(),
  url: z.string().describe("Where people open it"),
  service: z.string(),
  tenant: z.string().nullable().describe("null: shared"),
  instance: z.string().describe("The first of those behind it"),
  servers: z.array(routeServerSchema).describe("The instances behind it, healthy or not"),
  healthCheck: z
    .object({ path: z.string(), timeoutSeconds: z.number() })
    .nullable()
    .describe("Answered with 2xx at the very port that the route leads to; null: its health is known otherwise"),
  state: z.enum(["published", "withdrawn"]),
  reason: z.string().nullable().describe("Why it is withdrawn"),
  suspended: z.boolean().describe("It is withdrawn because what it leads to, or its tenant, is suspended"),
});

export const routeResultSchema = z.object({
  host: z.string(),
  outcome: z.enum(["answered", "failed", "untested"]),
  status: z.int().nullable().describe("HTTP status of the answer"),
  milliseconds: z.number().nullable().describe("From connecting to the answer's head"),
  reason: z.string().nullable().describe("Why it failed or was not tested"),
});

export const routeListSchema = z.object({
  routes: z.array(routeSchema),
  router: z
    .object({ address: z.string(), port: z.int(), tls: z.boolean() })
    .nullable()
    .describe("Through which routes are tested; null: the fleet names none"),
});

export type Route = z.output<typeof routeSchema>;
export type RouteServer = z.output<typeof routeServerSchema>;
export type RouteResult = z.output<typeof routeResultSchema>;
export type RouteList = z.output<typeof routeListSchema>;

export const listRoutes = defineEndpoint({
  method: "GET",
  path: "/api/routes",
  summary: "Every route of the fleet, with the instances behind it",
  role: "tenant",
  response: routeListSchema,
});

export const testRoutes = defineEndpoint({
  method: "POST",
  path: "/api/routes/test",
  summary: "Asks for each published route through the router, as its users do",
  role: "tenant",
  body: z.strictObject({
    hosts: z.array(z.string()).optional().describe("These alone"),
    patienceSeconds: z
      .int()
      .min(0)
      .max(40)
      .default(0)
      .describe("How long a route that does not answer is tried again: a router learns of it with a delay"),
  }),
  response: z.object({ results: z.array(routeResultSchema) }),
});

export const traefikProviderSchema = z.object({
  endpoint: z.url(),
  ca: z.string().describe("PEM of the CA that signed the controller's certificate"),
  token: z.string().nullable().describe("Reads the routes and nothing else; null: it was not asked for"),
});
export type TraefikProvider = z.output<typeof traefikProviderSchema>;

export const getTraefikProvider = defineEndpoint({
  method: "GET",
  path: "/api/routes/provider",
  summary: "What Traefik's HTTP provider is set up with",
  role: "admin",
  query: z.object({ token: z.stringbool().default(false).describe("Tell the token, too") }),
  response: traefikProviderSchema,
});
