import type * as z from "zod";

export type EndpointRole = "public" | "tenant" | "viewer" | "operator" | "admin";

/** One HTTP endpoint, declared once: the controller serves it, the CLI and the page call it. */
export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Fastify style: /api/nodes/:name */
  path: string;
  summary: string;
  /** Least role that may call it. `tenant`, the lowest: every account. `public`: no account needed. */
  role: EndpointRole;
  params?: Params;
  query?: Query;
  body?: Body;
  response: Response;
}

export function defineEndpoint<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Response extends z.ZodType = z.ZodUndefined,
>(endpoint: Endpoint<Params, Query, Body, Response>): Endpoint<Params, Query, Body, Response> {
  return Object.freeze(endpoint);
}
