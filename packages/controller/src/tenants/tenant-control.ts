/** Tenants taken in, held back and removed by command: edits of the same desired state that the fleet file gives. */
import type { NewTenant, TenantKey } from "@berth/shared/api/tenants";
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import type { Fleet } from "@berth/shared/fleet/schema";
import { Secret } from "@berth/shared/secret";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { Desired } from "../plan/desired.ts";
import { operationId } from "../plan/identify.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { keySecretName } from "../plan/secret-names.ts";
import { withTenants } from "./new-tenants.ts";
import { planTenantRemoval } from "./removal.ts";
import { concernsTenant } from "./concerns.ts";

export interface TenantChange {
  plan: FleetPlan;
  /** null: nothing is to be done, or it was a dry run. */
  run: Run | null;
}

export interface ChangeOptions {
  account: string;
  dryRun: boolean;
}

export interface TenantControlDependencies {
  control: Pick<FleetControl, "replace">;
  store: FleetStore;
  /** What a fleet comes to. */
  desired: (fleet: Fleet) => Desired;
  putSecret: (name: string, value: Secret) => Promise<unknown>;
  /** The newest run, if it removed this tenant and did not succeed. */
  unfinishedRemoval: (tenant: string) => Promise<number | null>;
  resume: (run: number) => Promise<Run>;
}

export interface TenantControl {
  add: (
    tenants: readonly NewTenant[],
    options: ChangeOptions & { keys: Partial<Record<TenantKey, string>> },
  ) => Promise<TenantChange>;
  remove: (tenant: string, options: ChangeOptions & { keepData: boolean }) => Promise<TenantChange>;
  suspend: (tenant: string, options: ChangeOptions) => Promise<TenantChange>;
  resume: (tenant: string, options: ChangeOptions) => Promise<TenantChange>;
  setKey: (tenant: string, key: TenantKey, value: Secret, account: string) => Promise<TenantChange>;
}

export function createTenantControl(dependencies: TenantControlDependencies): TenantControl {
  const { control, store } = dependencies;

  async function present(): Promise<{ yaml: string; fleet: Fleet }> {
    const found = await store.current();
    if (found !== null) return found;
    throw new BerthError("not-found", "No fleet was applied yet", { hint: "Start with `berth apply fleet.yaml`" });
  }

  async function presentTenant(tenant: string): Promise<{ yaml: string; fleet: Fleet }> {
    const found = await present();
    if (found.fleet.tenants[tenant] !== undefined) return found;
    throw unknownTenant(tenant, found.fleet);
  }

  /** The part of the plan that is about these tenants, then a look at each from outside. */
  async function change(
    text: string,
    tenants: readonly string[],
    kind: string,
    { account, dryRun }: ChangeOptions,
    verified: readonly string[] = tenants,
  ): Promise<TenantChange> {
    const only = (operation: PlannedOperation) => tenants.some((tenant) => concernsTenant(operation, tenant));
    const preview = await control.replace(text, { account, kind, only, dryRun: true });
    if (dryRun && preview.plan.operations.length === 0) return preview;
    const besides = verified.map((tenant) => verification(tenant, preview.plan));
    return control.replace(text, { account, kind, only, besides, dryRun });
  }

  async function setSuspended(tenant: string, suspended: boolean, options: ChangeOptions): Promise<TenantChange> {
    const { yaml, fleet } = await presentTenant(tenant);
    const path = ["tenants", tenant, "suspended"];
    const text = suspended ? setInFleet(yaml, path, true) : removeFromFleet(yaml, path);
    const isSo = fleet.tenants[tenant]?.suspended === suspended;
    const kind = suspended ? "tenant.suspend" : "tenant.resume";
    return change(isSo ? yaml : text, [tenant], kind, options, suspended ? [] : [tenant]);
  }

  return {
    async add(tenants, { keys, ...options }) {
      const { yaml, fleet } = await present();
      const text = withTenants(yaml, fleet, tenants);
      const names = tenants.map(({ name }) => name);
      if (text === yaml) await refuseComplete(names, text, options);
      else if (!options.dryRun) await giveKeys(names, keys);
      return change(text, names, "tenant.add", options);
    },

    async remove(tenant, { keepData, ...options }) {
      const { yaml: text, fleet } = await present();
      if (fleet.tenants[tenant] === undefined) return carryOnRemoval(tenant, fleet, options);
      const desired = dependencies.desired(awake(fleet, tenant));
      const removal = planTenantRemoval({ text, fleet, desired }, tenant, { keepData });
      return control.replace(removal.text, {
        ...options,
        kind: "tenant.remove",
        only: ({ kind }) => kind === "firewall.ensure",
        besides: removal.operations,
      });
    },

    suspend: (tenant, options) => setSuspended(tenant, true, options),
    resume: (tenant, options) => setSuspended(tenant, false, options),

    async setKey(tenant, key, value, account) {
      const { yaml } = await presentTenant(tenant);
      await dependencies.putSecret(keySecretName(tenant, key), value);
      return change(yaml, [tenant], "tenant.set-key", { account, dryRun: false });
    },
  };

  async function giveKeys(tenants: readonly string[], keys: Partial<Record<TenantKey, string>>): Promise<void> {
    for (const tenant of tenants) {
      for (const [key, value] of Object.entries(keys)) {
        await dependencies.putSecret(keySecretName(tenant, key), new Secret(value));
      }
    }
  }

  /** Adding again what an interruption has left half done carries on with it; there must be something to carry on with. */
  async function refuseComplete(tenants: readonly string[], text: string, options: ChangeOptions): Promise<void> {
    const only = (operation: PlannedOperation) => tenants.some((tenant) => concernsTenant(operation, tenant));
    const { plan } = await control.replace(text, { ...options, kind: "tenant.add", only, dryRun: true });
    if (plan.operations.length > 0) return;
    const [first = "", ...others] = tenants;
    const who = others.length === 0 ? `Tenant '${first}' exists` : `The tenants ${tenants.join(", ")} exist`;
    throw new BerthError("conflict", `${who} already, with all that belongs to it`, {
      hint: "Choose another name. `berth tenant show` tells what a tenant has",
    });
  }

  async function carryOnRemoval(tenant: string, fleet: Fleet, { dryRun }: ChangeOptions): Promise<TenantChange> {
    const run = await dependencies.unfinishedRemoval(tenant);
    if (run === null) throw unknownTenant(tenant, fleet);
    const plan: FleetPlan = { operations: [], warnings: [`run ${run} has begun to remove it: it is carried on`] };
    return { plan, run: dryRun ? null : await dependencies.resume(run) };
  }
}

function unknownTenant(tenant: string, { tenants }: Fleet): BerthError {
  const names = Object.keys(tenants).join(", ");
  return new BerthError("not-found", `No tenant is named '${tenant}'`, {
    hint: names === "" ? "The fleet has no tenants" : `The fleet's tenants are ${names}`,
  });
}

/** The fleet with the tenant running: what a suspended one has is what it would run with. */
function awake(fleet: Fleet, name: string): Fleet {
  const tenant = fleet.tenants[name];
  if (tenant === undefined) return fleet;
  return { ...fleet, tenants: { ...fleet.tenants, [name]: { ...tenant, suspended: false } } };
}

function verification(tenant: string, { operations }: FleetPlan): PlannedOperation<"tenant.verify"> {
  return {
    id: operationId("tenant.verify", tenant),
    kind: "tenant.verify",
    change: "verify",
    node: null,
    target: tenant,
    reason: "its services answer and its keys open nothing of others",
    after: operations.filter((operation) => concernsTenant(operation, tenant)).map(({ id }) => id),
    input: { tenant },
  };
}
