/** Tenants for the API: control over them, and what they have. */
import type { Status } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import { awake } from "@berth/shared/fleet/awake";
import type { TenantsApi } from "../api/tenants.ts";
import { withEveryService } from "../tenants/removal.ts";
import { createTenantControl } from "../tenants/tenant-control.ts";
import { tenantStatuses } from "../tenants/tenant-status.ts";
import { findUnfinishedRemoval } from "../tenants/unfinished-removal.ts";
import type { Controller } from "./open-controller.ts";

export function createTenantsApi(controller: Controller, status: () => Promise<Status>): TenantsApi {
  const { fleetControl, inventory, store, secrets, desired, routes } = controller;
  return {
    control: createTenantControl({
      control: fleetControl,
      store,
      everything: (fleet) => desired(withEveryService(fleet, catalogOf(fleet, catalog))),
      hasSecrets: (owner) => secrets.list().some(({ name }) => name.startsWith(`${owner}/`)),
      unfinishedRemoval: (tenant) => findUnfinishedRemoval(inventory.database, tenant),
    }),
    list: async () => {
      const fleet = (await store.current())?.fleet;
      if (fleet === undefined) return [];
      return tenantStatuses({
        fleet,
        desired: desired(awake(fleet)),
        instances: (await status()).instances,
        routes: (await routes.list()).routes,
        hasSecret: (name) => secrets.version(name) !== null,
      });
    },
  };
}
