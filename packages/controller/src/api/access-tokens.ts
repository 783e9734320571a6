import { createAccessToken, listAccessTokens, removeAccessToken } from "@berth/shared/api/access-tokens";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AccessTokens } from "../accounts/access-tokens.ts";
import { isByAccessToken } from "./authenticate.ts";
import { serveEndpoint } from "./endpoint.ts";

export type AccessTokensApi = Pick<AccessTokens, "create" | "list" | "remove">;

export function serveAccessTokens(app: FastifyInstance, tokens: AccessTokensApi): void {
  serveEndpoint(app, listAccessTokens, async ({ account }) => ({ tokens: await tokens.list(account) }));
  serveEndpoint(app, createAccessToken, ({ body, account, request }) => {
    refuseAccessToken(request, "An access token cannot make another one: it would have no end");
    return tokens.create(body, account);
  });
  serveEndpoint(app, removeAccessToken, async ({ params, account, request }) => {
    refuseAccessToken(request, "An access token cannot end one: it may be less than the others of its account");
    await tokens.remove(params, account);
    return params;
  });
}

function refuseAccessToken({ raw }: FastifyRequest, message: string): void {
  if (!isByAccessToken(raw)) return;
  throw new BerthError("forbidden", message, { hint: "Log in with name and password: `berth login`" });
}
