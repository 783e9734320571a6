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
  serveEndpoint(app, getUsage, ({ query: { tenant }, scope }) => {
    if (tenant !== undefined && !isInScope("tenant", tenant, scope)) throw noTenant(tenant);
    return usage.read({ tenant: scope?.tenant ?? tenant });
  });
}
