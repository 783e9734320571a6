/** Tenants taken in, held back and removed by command: edits of the same desired state that the fleet file gives. */
import type { NewTenant, TenantKey } from "@berth/shared/api/tenants";
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import type { Fleet } from "@berth/shared/fleet/schema";
import { Secret } from "@berth/shared/secret";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { EditOptions } from "../apply/apply.ts";
import { type FleetStore, noFleetYet, type StoredFleet } from "../apply/fleet-store.ts";
import { FleetInvalid } from "../apply/fleet-invalid.ts";
import type { Desired } from "../plan/desired.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { keySecretName } from "../plan/secret-names.ts";
import { closesToTenant, concernsTenant } from "./concerns.ts";
import { finalBackup, type PlanFinalBackup } from "./final-backup.ts";
import { withTenants } from "./new-tenants.ts";
import { planTenantRemoval } from "./removal.ts";
import { type AbsentTenants, type RemovalOptions, removeAbsent, unknownTenant } from "./remove-absent.ts";
import { followed, takesIn } from "./under-way.ts";
import { verification } from "./verification.ts";

export interface TenantChange {
  plan: FleetPlan;
  /** null: nothing is to be done, or it was a dry run. */
  run: Run | null;
}

export interface ChangeOptions {
  account: string;
  dryRun: boolean;
}

export interface TenantControlDependencies extends AbsentTenants {
  store: Pick<FleetStore, "current">;
  /** Whether this is the present value of the secret. */
  isPresentValue: (secret: string, value: Secret) => boolean;
  finalBackup: PlanFinalBackup;
}

export interface TenantControl {
  add: (
    tenants: readonly NewTenant[],
    options: ChangeOptions & { keys: Partial<Record<TenantKey, string>> },
  ) => Promise<TenantChange>;
  remove: (tenant: string, options: RemovalOptions) => Promise<TenantChange>;
  suspend: (tenant: string, options: ChangeOptions) => Promise<TenantChange>;
  resume: (tenant: string, options: ChangeOptions) => Promise<TenantChange>;
  setKey: (tenant: string, key: TenantKey, value: Secret, account: string) => Promise<TenantChange>;
}

interface Change extends ChangeOptions, Pick<EditOptions, "given"> {
  tenants: readonly string[];
  kind: string;
  /** The next text of the desired state. Throws what is wrong with it. */
  edit: (present: StoredFleet) => string;
}

export function createTenantControl(dependencies: TenantControlDependencies): TenantControl {
  const { control, store } = dependencies;

  /** The part of the plan that is about these tenants, then a look from outside at each that is to run. */
  function change({ tenants, edit, ...options }: Change): Promise<TenantChange> {
    const concerns = (operation: PlannedOperation, desired: Desired) =>
      tenants.some((tenant) => concernsTenant(operation, tenant, desired));
    return control.edit(
      (present) => ({
        text: edit(present),
        besides(part, desired) {
          if (options.dryRun && part.operations.length === 0) return [];
          const running = new Set(desired.instances.map(({ spec }) => spec.tenant));
          return tenants.filter((name) => running.has(name)).map((name) => verification(name, part, desired));
        },
      }),
      { ...options, only: concerns },
    );
  }

  function setSuspended(tenant: string, suspended: boolean, options: ChangeOptions): Promise<TenantChange> {
    const path = ["tenants", tenant, "suspended"];
    const edit = (present: StoredFleet): string => {
      if (requireTenant(present, tenant).suspended === suspended) return present.yaml;
      return suspended ? setInFleet(present.yaml, path, true) : removeFromFleet(present.yaml, path);
    };
    if (!suspended) return change({ ...options, tenants: [tenant], kind: "tenant.resume", edit });
    const only: EditOptions["only"] = (operation, desired) =>
      closesToTenant(operation) || concernsTenant(operation, tenant, desired);
    return control.edit((present) => ({ text: edit(present) }), { ...options, kind: "tenant.suspend", only });
  }

  return {
    async add(tenants, { keys, ...options }) {
      const names = tenants.map(({ name }) => name);
      const given = givenKeys(names, keys);
      const present = await store.current();
      const kept = present === null ? [] : await dependencies.kept(present.fleet);
      const edit: Change["edit"] = ({ yaml, fleet }) => withTenants(yaml, fleet, tenants, kept);
      if (present !== null) {
        refuseOtherKeys(present.fleet, given);
        const run = options.dryRun ? null : await dependencies.runUnderWay();
        // Once they are in the fleet, the run that took them in is what asking again is about.
        if (run !== null && takesIn(run, names) && edit(present) === present.yaml) return followed(run);
      }
      return addOrCarryOn({ ...options, tenants: names, kind: "tenant.add", edit, given });
    },

    async remove(tenant, { keepData, backup, ...options }) {
      const found = await store.current();
      if (found === null) throw noFleetYet();
      if (found.fleet.tenants[tenant] === undefined) {
        return removeAbsent(dependencies, { name: tenant, fleet: found.fleet }, { ...options, keepData, backup });
      }
      const choice = { keepData, backup, dryRun: options.dryRun };
      const final = await finalBackup(tenant, found.fleet, choice, dependencies.finalBackup);
      const edit = (present: StoredFleet) => {
        requireTenant(present, tenant);
        const { yaml, fleet } = present;
        const { everything, hasSecrets } = dependencies;
        const removed = { name: tenant, yaml, fleet, desired: everything(fleet), hasSecrets };
        const { text, operations } = planTenantRemoval(removed, { keepData });
        return { text, first: final.operations, besides: () => operations };
      };
      // What drops a database closes it, too.
      const only = keepData ? closesToTenant : ({ kind }: PlannedOperation) => kind === "firewall.ensure";
      const { plan, run } = await control.edit(edit, { ...options, kind: "tenant.remove", only });
      return { plan: { ...plan, warnings: [...final.warnings, ...plan.warnings] }, run };
    },

    suspend: (tenant, options) => setSuspended(tenant, true, options),
    resume: (tenant, options) => setSuspended(tenant, false, options),

    setKey: (tenant, key, value, account) =>
      change({
        account,
        dryRun: false,
        tenants: [tenant],
        kind: "tenant.set-key",
        edit(present) {
          requireTenant(present, tenant);
          return present.yaml;
        },
        given: new Map([[keySecretName(tenant, key), value]]),
      }),
  };

  /** What an interruption has left half done is carried on with; of tenants that are whole, nothing is to be done. */
  async function addOrCarryOn(adding: Change): Promise<TenantChange> {
    const present = await store.current();
    try {
      if (present !== null && adding.edit(present) === present.yaml) {
        const { plan } = await change({ ...adding, dryRun: true });
        if (plan.operations.length === 0) return { plan, run: null };
      }
      return await change(adding);
    } catch (error) {
      throw error instanceof FleetInvalid ? aboutTenants(error, adding.tenants) : error;
    }
  }

  function refuseOtherKeys({ tenants }: Fleet, given: ReadonlyMap<string, Secret>): void {
    for (const [name, value] of given) {
      const [tenant = "", key] = name.split("/");
      if (tenants[tenant] === undefined || dependencies.isPresentValue(name, value)) continue;
      throw new BerthError("conflict", `Tenant '${tenant}' exists, and its ${key} is not the one that was given`, {
        hint: `Nothing was changed. \`berth tenant set-key ${tenant}\` gives it another one`,
      });
    }
  }
}

/** Lines of a file that nobody has written say nothing: what is wrong with the new tenants is told of them. */
function aboutTenants(error: FleetInvalid, tenants: readonly string[]): BerthError {
  for (const { path, message } of error.problems) {
    const tenant = tenants.find((name) => new RegExp(`^(?:tenants|nodes)\\.${name}(?:\\.|$)`).test(path));
    if (tenant === undefined) continue;
    return new BerthError("request.invalid", `Tenant '${tenant}' cannot be added: ${message}`, {
      hint: "Nothing was changed",
    });
  }
  return error;
}

function givenKeys(tenants: readonly string[], keys: Partial<Record<TenantKey, string>>): Map<string, Secret> {
  const given = Object.entries(keys).flatMap(([key, value]) =>
    tenants.map((tenant) => [keySecretName(tenant, key), new Secret(value)] as const),
  );
  return new Map(given);
}

function requireTenant({ fleet }: StoredFleet, tenant: string): Fleet["tenants"][string] {
  const found = fleet.tenants[tenant];
  if (found === undefined) throw unknownTenant(tenant, fleet);
  return found;
}
