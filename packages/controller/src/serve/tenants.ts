/** Tenants for the API: control over them, and what they have. */
import type { Status } from "@berth/shared/api/status";
import type { TenantsApi } from "../api/tenants.ts";
import { createTenantControl } from "../tenants/tenant-control.ts";
import { tenantStatuses } from "../tenants/tenant-status.ts";
import type { Controller } from "./open-controller.ts";

export function createTenantsApi(controller: Controller, status: () => Promise<Status>): TenantsApi {
  const { fleetControl, store, secrets, runner, desired, routes } = controller;
  return {
    control: createTenantControl({
      control: fleetControl,
      store,
      desired,
      putSecret: (name, value) => secrets.put(name, value),
      unfinishedRemoval: async (tenant) => {
        const [newest] = await runner.list(1);
        if (newest?.kind !== "tenant.remove" || newest.state === "succeeded") return null;
        const { steps } = await runner.get(newest.id);
        const isOfTenant = steps.some(({ kind, target }) => kind === "secrets.remove" && target === tenant);
        return isOfTenant ? newest.id : null;
      },
      resume: (run) => runner.resume(run),
    }),
    list: async () => {
      const fleet = (await store.current())?.fleet;
      if (fleet === undefined) return [];
      return tenantStatuses({
        fleet,
        needs: desired(fleet).needs,
        instances: (await status()).instances,
        routes: (await routes.list()).routes,
        hasSecret: (name) => secrets.version(name) !== null,
      });
    },
  };
}
