import {
  addTenants,
  getTenant,
  listTenants,
  removeTenant,
  resumeTenant,
  setTenantKey,
  suspendTenant,
  type TenantStatus,
} from "@berth/shared/api/tenants";
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";
import type { FastifyInstance } from "fastify";
import { isInScope } from "../accounts/scope.ts";
import type { TenantChange, TenantControl } from "../tenants/tenant-control.ts";
import { serveEndpoint } from "./endpoint.ts";
import { toPlan } from "./fleet.ts";

export interface TenantsApi {
  list: () => Promise<TenantStatus[]>;
  control: TenantControl;
}

export function serveTenants(app: FastifyInstance, { list, control }: TenantsApi): void {
  serveEndpoint(app, listTenants, async ({ scope }) => ({
    tenants: (await list()).filter(({ name }) => isInScope("tenant", name, scope)),
  }));
  serveEndpoint(app, getTenant, async ({ params, scope }) => {
    const found = (await list()).find(({ name }) => name === params.name && isInScope("tenant", name, scope));
    if (found !== undefined) return found;
    throw new BerthError("not-found", `No tenant is named '${params.name}'`, { hint: "See `berth tenant list`" });
  });
  serveEndpoint(app, addTenants, async ({ body: { tenants, ...options }, account }) =>
    answer(await control.add(tenants, { ...options, account: account.name })),
  );
  serveEndpoint(app, removeTenant, async ({ params, body, account }) =>
    answer(await control.remove(params.name, { ...body, account: account.name })),
  );
  serveEndpoint(app, suspendTenant, async ({ params, body, account }) =>
    answer(await control.suspend(params.name, { ...body, account: account.name })),
  );
  serveEndpoint(app, resumeTenant, async ({ params, body, account }) =>
    answer(await control.resume(params.name, { ...body, account: account.name })),
  );
  serveEndpoint(app, setTenantKey, async ({ params, body, account }) =>
    answer(await control.setKey(params.name, params.key, new Secret(body.value), account.name)),
  );
}

function answer({ plan, run }: TenantChange) {
  return { plan: toPlan(plan), run };
}
