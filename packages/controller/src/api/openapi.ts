/** The description of the HTTP API, in OpenAPI 3.1, made of the same schemas that validate requests and answers; and its page. */
import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import type { EndpointRole } from "@berth/shared/api/define";
import { errorBodySchema } from "@berth/shared/api/errors";
import type { FastifyInstance, FastifySchema, RouteOptions } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import * as z from "zod";
import { sessionCookie } from "./authenticate.ts";

export const openApiPath = "/api/openapi.json";
export const openApiPagePath = "/docs";

const about = `Everything that the command line and the page do, they do by this API.

- **Who asks**: a token in \`Authorization: Bearer\`, or the page's session cookie. On the controller's own machine its Unix
  socket needs neither: \`curl --unix-socket /run/berth/controller.sock http://localhost/api/status\`.
- **What it may do**: each operation names the least role that it takes.
- **Errors**: every answer that is not 2xx is \`{"error": {"code", "message", "hint"}}\`; docs/errors.md lists the codes.`;

/** Has to come before the routes: they are collected as they are added. */
export async function collectOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Berth", version, description: about },
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer" },
          session: { type: "apiKey", in: "cookie", name: sessionCookie },
        },
      },
    },
    transform: (input) => {
      // What a route has no schema for comes out without one, whatever its type says.
      const { schema = {}, url } = jsonSchemaTransform(input);
      return { url, schema: isOfApi(url) ? describe(schema, input.route, url) : { ...schema, hide: true } };
    },
  });
}

/** Said of what is public: some of it asks for a token that is no account's, such as the router's. */
export const noAccount = "Needs no account; where a program reads it, that program's token.";

/** Agents speak another protocol, and the page's files are no API. */
function isOfApi(url: string): boolean {
  return url.startsWith("/api/") && url !== openApiPath;
}

function describe(schema: FastifySchema, { config }: RouteOptions, url: string): FastifySchema {
  const role: EndpointRole = config?.role ?? "admin";
  const [, , group = ""] = url.split("/");
  return {
    ...schema,
    tags: [group],
    description: role === "public" ? noAccount : `Needs the role ${role}.`,
    security: role === "public" ? [] : [{ token: [] }, { session: [] }],
    response: { ...responsesOf(schema), default: { description: "What went wrong", ...errorSchema } },
  };
}

const errorSchema = z.toJSONSchema(errorBodySchema, { target: "draft-2020-12" });

function responsesOf({ response }: FastifySchema): object {
  return typeof response === "object" && response !== null ? response : {};
}

/** Nothing from elsewhere. Swagger UI writes styles into its page; what it runs are files. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The description as JSON, and a page to read and to try it with. What the software can do is no secret. */
export async function serveOpenApi(app: FastifyInstance): Promise<void> {
  app.get(openApiPath, { config: { role: "public" } }, () => app.swagger());
  await app.register(fastifySwaggerUi, {
    routePrefix: openApiPagePath,
    staticCSP: pagePolicy,
    // Without the bar that asks for another API to be described.
    uiConfig: {
      layout: "BaseLayout",
      docExpansion: "none",
      tagsSorter: "alpha",
      operationsSorter: "alpha",
      persistAuthorization: false,
      validatorUrl: null,
    },
    theme: { title: "Berth: HTTP API" },
  });
}
