/** A tenant cloned to a new name: taken in as any new one, with what a backup holds in it before anything starts. */
import type { Backup } from "@berth/shared/api/backups";
import type { NewTenant } from "@berth/shared/api/tenants";
import { BerthError } from "@berth/shared/errors";
import { setInFleet } from "@berth/shared/fleet/edit";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Secret } from "@berth/shared/secret";
import { parse } from "yaml";
import type { EditedFleet } from "../apply/apply.ts";
import type { StoredFleet } from "../apply/fleet-store.ts";
import { listBackups } from "../inventory/backups.ts";
import type { Desired } from "../plan/desired.ts";
import { keySecretName } from "../plan/secret-names.ts";
import { concernsTenant } from "../tenants/concerns.ts";
import type { KeptTenant } from "../tenants/kept.ts";
import { withTenants } from "../tenants/new-tenants.ts";
import { followed } from "../tenants/under-way.ts";
import { verification } from "../tenants/verification.ts";
import type { BackupChange, BackupControlDependencies, BackupOptions } from "./backup-control.ts";
import { type BackupChoice, chooseBackup } from "./choose-backup.ts";
import { fillTenant } from "./fill-tenant.ts";
import { refuseFormerTarget } from "./former-target.ts";
import { renamedSecret } from "./kept-secrets.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { restoreKind } from "./settle-restore.ts";

export interface BesideRequest extends BackupChoice {
  as: NewTenant;
}

export function createRestoreBeside(dependencies: BackupControlDependencies) {
  const { inventory, secrets } = dependencies;

  /** What the new instances' data are encrypted with. */
  function keysOf({ owner, secrets: kept }: Backup, tenant: string): Map<string, Secret> {
    return new Map(
      kept.map(({ secret, copy, version }) => [
        renamedSecret(secret, { from: owner, to: tenant }),
        secrets.reveal(copy, version),
      ]),
    );
  }

  return async ({ as, ...choice }: BesideRequest, { account, dryRun }: BackupOptions): Promise<BackupChange> => {
    const present = await dependencies.present();
    const underWay = dryRun ? null : await dependencies.runUnderWay();
    if (underWay !== null && fills(underWay, as.name)) return followed(underWay);
    const kept = await dependencies.keptTenants(present.fleet);
    refuseTaken(as.name, choice.of, present, kept);
    const backup = chooseBackup(await listBackups(inventory.database), choice);
    refuseInstance(backup, choice.of, present);
    refuseFormerTarget(backup, present);
    const warnings: string[] = [];
    const edit = (stored: StoredFleet): EditedFleet => {
      // Once more: between, somebody else may have taken the name.
      refuseTaken(as.name, choice.of, { fleet: stored.fleet }, kept);
      const text = withServicesOf(choice.of, as.name, withTenants(stored.yaml, stored.fleet, [as], kept), stored.yaml);
      const fleet = dependencies.parse(text, stored.file);
      const desired = dependencies.desired(fleet);
      const filled = fillTenant({ backup, tenant: as.name }, { ...present, fleet, desired });
      warnings.push(...filled.warnings, ...givenKeys(choice.of, as.name));
      return {
        text,
        besides: (part, next) => [
          ...filled.besides(part.operations),
          verification(as.name, { operations: [...part.operations] }, next),
        ],
        arrange: filled.arrange,
      };
    };
    const only = (operation: PlannedOperation, desired: Desired) => concernsTenant(operation, as.name, desired);
    const given = keysOf(backup, as.name);
    const { plan, run } = await dependencies.edit(edit, { account, kind: restoreKind, only, given, dryRun });
    return { plan: { ...plan, warnings: [...warnings, ...plan.warnings] }, run };
  };

  function givenKeys(of: string, tenant: string): string[] {
    if (secrets.version(keySecretName(of, "openrouter")) === null) return [];
    return [`${tenant} has no OpenRouter key: \`berth tenant set-key ${tenant}\` gives it one of its own`];
  }
}

/** Whether a run takes the tenant in and fills it. */
function fills({ kind, steps }: { kind: string; steps: readonly { kind: string; target: string }[] }, tenant: string) {
  return kind === restoreKind && steps.some((step) => step.kind === "tenant.verify" && step.target === tenant);
}

function refuseTaken(
  name: string,
  of: string,
  { fleet }: Pick<PresentFleet, "fleet">,
  kept: readonly KeptTenant[],
): void {
  if (name === of) {
    throw new BerthError("request.invalid", `--as names ${of} itself`, {
      hint: "Give it a new name, or leave --as out to restore it into place",
    });
  }
  if (name in fleet.tenants) {
    throw new BerthError("conflict", `Tenant '${name}' exists`, {
      hint:
        `Nothing was changed. A restore that was cut off is carried on with by \`berth run resume\`, or begun anew ` +
        `after \`berth tenant remove ${name}\``,
    });
  }
  if (kept.some((tenant) => tenant.name === name)) {
    throw new BerthError("conflict", `What tenant '${name}' has left is still there`, {
      hint: `Nothing was changed. \`berth tenant remove ${name}\` removes it`,
    });
  }
}

function refuseInstance(
  { id, owner, subject, parts }: Backup,
  of: string,
  { fleet: { tenants } }: Pick<PresentFleet, "fleet">,
): void {
  const isTenant = subject === of && owner === of && (of in tenants || parts.some((part) => part.subject !== of));
  if (isTenant) return;
  if (subject !== of && owner === of)
    throw new BerthError("request.invalid", `The backup ${id} is of ${subject} alone`, {
      hint: "--as takes a backup of a whole tenant",
    });
  throw new BerthError("request.invalid", `${of} is no tenant: only whole tenants are restored beside`, {
    hint: `\`berth restore ${of}\` brings it back into place`,
  });
}

/** The new tenant runs what the data are of: services that the other one has in another version, or not at all. */
function withServicesOf(of: string, tenant: string, text: string, present: string): string {
  const fleet: unknown = parse(present);
  const services = at(at(at(fleet, "tenants"), of), "services");
  if (typeof services !== "object" || services === null) return text;
  const awakened = Object.entries(services).map(([name, own]) => [name, withoutSuspension(own)]);
  return setInFleet(text, ["tenants", tenant, "services"], Object.fromEntries(awakened));
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1];
}

/** One that rests with the other tenant is in its backups all the same. */
function withoutSuspension(own: unknown): unknown {
  if (typeof own !== "object" || own === null) return own;
  return Object.fromEntries(Object.entries(own).filter(([key]) => key !== "suspended"));
}
