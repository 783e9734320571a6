/** Serves an endpoint of the contract: validation, authorization and serialization come from its declaration. */
import type { Endpoint } from "@berth/shared/api/define";
import type { Account } from "@berth/shared/api/accounts";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type * as z from "zod";
import type { Scope } from "../accounts/scope.ts";

export interface Call<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** Who asks; for public endpoints possibly nobody. */
  account: Account;
  /** What the account may see; null: everything. An endpoint that tenants may call must not answer more. */
  scope: Scope | null;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** An answer that was written already: one that is too large to be checked and written in one go. */
export class Written {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

export function serveEndpoint<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
>(
  app: FastifyInstance,
  endpoint: Endpoint<Params, Query, Body, Response>,
  handler: (call: Call<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<z.input<Response> | Written>,
): void {
  const route: RouteOptions = {
    method: endpoint.method,
    url: endpoint.path,
    schema: {
      summary: endpoint.summary,
      ...(endpoint.params === undefined ? {} : { params: endpoint.params }),
      ...(endpoint.query === undefined ? {} : { querystring: endpoint.query }),
      ...(endpoint.body === undefined ? {} : { body: endpoint.body }),
      response: { 200: endpoint.response },
    },
    config: { role: endpoint.role },
    handler: async (request, reply): Promise<unknown> => {
      const answer = await handler({
        // Fastify has validated these three against the same schemas.
        params: request.params as z.output<Params>,
        query: request.query as z.output<Query>,
        body: request.body as z.output<Body>,
        account: request.account,
        scope: request.scope,
        request,
        reply,
      });
      return answer instanceof Written ? reply.type("application/json; charset=utf-8").send(answer.bytes) : answer;
    },
  };
  app.route(route);
}
