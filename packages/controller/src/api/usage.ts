import { getUsage, type Usage } from "@berth/shared/api/usage";
import type { FastifyInstance } from "fastify";
import { isInScope } from "../accounts/scope.ts";
import { noTenant } from "../usage/usage.ts";
import { serveEndpoint } from "./endpoint.ts";

export interface UsageApi {
  /** Throws `not-found` for a tenant that the fleet does not have, and before the first apply. */
  read: (question: { tenant?: string | undefined }) => Promise<Usage>;
}

export function serveUsage(app: FastifyInstance, usage: UsageApi): void {
  serveEndpoint(app, getUsage, async ({ query: { tenant }, scope }) => {
    if (tenant !== undefined && !isInScope("tenant", tenant, scope)) throw noTenant(tenant);
    const told = await usage.read({ tenant: scope?.tenant ?? tenant });
    if (scope === null) return told;
    // What a store says of its own troubles may be about somebody else.
    return { ...told, unread: told.unread.map(({ server }) => ({ server, reason: `${server} does not answer` })) };
  });
}
