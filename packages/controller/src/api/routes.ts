/** Routes for people, and for the router in the form that Traefik's HTTP provider takes. */
import { createHash } from "node:crypto";
import { getTraefikProvider, listRoutes, testRoutes } from "@berth/shared/api/routes";
import { BerthError } from "@berth/shared/errors";
import { traefikConfigurationPath } from "@berth/shared/routes/traefik";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Routes } from "../routes/routes.ts";
import { tokenOf } from "./authenticate.ts";
import { serveEndpoint } from "./endpoint.ts";

export type RoutesApi = Pick<Routes, "list" | "configuration" | "test" | "provider" | "isToken">;

/** Before the CLI gives up. */
const testMilliseconds = 50_000;

export function serveRoutes(app: FastifyInstance, routes: RoutesApi): void {
  serveEndpoint(app, listRoutes, () => routes.list());
  serveEndpoint(app, testRoutes, async ({ body }) => ({
    results: await routes.test(body, AbortSignal.timeout(testMilliseconds)),
  }));
  serveEndpoint(app, getTraefikProvider, ({ query }) => routes.provider(query));
  app.get(traefikConfigurationPath, { config: { role: "public" } }, async (request, reply) => {
    requireReader(request, routes);
    const body = JSON.stringify(await routes.configuration());
    const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
    reply.header("etag", etag).header("cache-control", "no-cache");
    if (isKnown(request.headers["if-none-match"], etag)) return reply.status(304).send();
    return reply.type("application/json").send(body);
  });
}

/** The router, by the token that opens this alone; or an admin, who may see everything. */
function requireReader(request: FastifyRequest, routes: RoutesApi): void {
  if (request.account.role === "admin") return;
  const token = tokenOf(request.raw);
  if (token?.origin === "header" && routes.isToken(token.value)) return;
  throw new BerthError("unauthenticated", "The router's token is missing or wrong", {
    hint: "`berth route token` prints how Traefik is set up with it",
  });
}

function isKnown(header: string | undefined, etag: string): boolean {
  return header?.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag) === true;
}
