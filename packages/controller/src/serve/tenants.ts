/** Tenants for the API: control over them, and what they have. */
import type { Status } from "@berth/shared/api/status";
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Fleet } from "@berth/shared/fleet/schema";
import { awake } from "@berth/shared/fleet/awake";
import type { TenantsApi } from "../api/tenants.ts";
import { listInstances } from "../inventory/instances.ts";
import { withEveryService } from "../tenants/removal.ts";
import { createTenantControl } from "../tenants/tenant-control.ts";
import { keptStatus, tenantStatuses } from "../tenants/tenant-status.ts";
import { findUnfinishedRemoval } from "../tenants/unfinished-removal.ts";
import { findKeptTenants } from "./kept-tenants.ts";
import type { Controller } from "./open-controller.ts";
import { findRunUnderWay } from "./run-under-way.ts";

export function createTenantsApi(controller: Controller, status: () => Promise<Status>): TenantsApi {
  const { fleetControl, inventory, store, secrets, desired, routes, runner } = controller;
  const everything = (fleet: Fleet) => desired(withEveryService(fleet, catalogOf(fleet, catalog)));
  const hasSecret = (name: string) => secrets.version(name) !== null;
  const hasSecrets = (owner: string) => secrets.list().some(({ name }) => name.startsWith(`${owner}/`));
  const unfinishedRemoval = (tenant: string) => findUnfinishedRemoval(inventory.database, tenant);
  const kept = (fleet: Fleet) => findKeptTenants(fleet, { inventory, secrets });
  return {
    control: createTenantControl({
      control: fleetControl,
      store,
      everything,
      hasSecrets,
      isPresentValue: (name, value) => hasSecret(name) && secrets.reveal(name).reveal() === value.reveal(),
      finalBackup: (tenant, options) => controller.backups.control.final(tenant, options),
      unfinishedRemoval,
      kept,
      instances: async () => new Set((await listInstances(inventory.database)).map(({ name }) => name)),
      runUnderWay: () => findRunUnderWay(runner),
    }),
    list: async () => {
      const fleet = (await store.current())?.fleet;
      if (fleet === undefined) return [];
      const { instances } = await status();
      const parts = { fleet, instances, hasSecret };
      const present = tenantStatuses({
        ...parts,
        desired: desired(awake(fleet)),
        routes: (await routes.list()).routes,
      });
      const absent = (await kept(fleet)).map(async (tenant) => {
        const isBeingRemoved = (await unfinishedRemoval(tenant.name)) !== null;
        return keptStatus(tenant, isBeingRemoved, { ...parts, everything, hasSecrets });
      });
      return [...present, ...(await Promise.all(absent))];
    },
  };
}
