/** Routes for people, and for the router in the form that Traefik's HTTP provider takes. */
import { createHash } from "node:crypto";
import { getTraefikProvider, listRoutes, testRoutes, type RouteList } from "@berth/shared/api/routes";
import { traefikConfigurationPath } from "@berth/shared/routes/traefik";
import type { FastifyInstance } from "fastify";
import type { Scope } from "../accounts/scope.ts";
import { unknownHost, type Routes } from "../routes/routes.ts";
import { serveEndpoint } from "./endpoint.ts";
import { requireReader } from "./reader.ts";

export type RoutesApi = Pick<Routes, "list" | "configuration" | "test" | "provider" | "isToken">;

/** Before the CLI gives up. */
const testMilliseconds = 50_000;

export function serveRoutes(app: FastifyInstance, routes: RoutesApi): void {
  const listIn = async (scope: Scope | null): Promise<RouteList> => {
    const list = await routes.list();
    return { ...list, routes: list.routes.filter(({ tenant }) => scope === null || tenant === scope.tenant) };
  };
  serveEndpoint(app, listRoutes, ({ scope }) => listIn(scope));
  serveEndpoint(app, testRoutes, async ({ body, scope }) => {
    // Patience looks at the whole fleet again and again: not for whom it is not.
    const asked = scope === null ? body : { hosts: hostsIn(await listIn(scope), body.hosts), patienceSeconds: 0 };
    return { results: await routes.test(asked, AbortSignal.timeout(testMilliseconds)) };
  });
  serveEndpoint(app, getTraefikProvider, ({ query }) => routes.provider(query));
  const schema = { summary: "Traefik's dynamic configuration, for its HTTP provider" };
  app.get(traefikConfigurationPath, { schema, config: { role: "public" } }, async (request, reply) => {
    requireReader(request, {
      name: "The router",
      isToken: routes.isToken,
      least: "admin",
      hint: "`berth route token` prints how Traefik is set up with it",
    });
    const body = JSON.stringify(await routes.configuration());
    const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
    reply.header("etag", etag).header("cache-control", "no-cache");
    if (isKnown(request.headers["if-none-match"], etag)) return reply.status(304).send();
    return reply.type("application/json").send(body);
  });
}

/** All of the list, or those that were asked for. */
function hostsIn({ routes }: RouteList, asked: readonly string[] | undefined): string[] {
  const hosts = routes.map(({ host }) => host);
  const unknown = asked?.find((host) => !hosts.includes(host));
  if (unknown !== undefined) throw unknownHost(unknown);
  return asked === undefined ? hosts : [...asked];
}

function isKnown(header: string | undefined, etag: string): boolean {
  return header?.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag) === true;
}
