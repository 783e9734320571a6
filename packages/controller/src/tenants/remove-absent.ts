/** Removing a tenant that is not in the fleet any more: what an earlier removal has left, or has kept. */
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { FleetControl, FleetEdit } from "../apply/apply.ts";
import type { Desired } from "../plan/desired.ts";
import { closesToTenant } from "./concerns.ts";
import { type KeptTenant, withKept } from "./kept.ts";
import { planTenantRemoval } from "./removal.ts";
import type { ChangeOptions, TenantChange } from "./tenant-control.ts";
import { followed, removesAll, removesInstances } from "./under-way.ts";
import type { UnfinishedRemoval } from "./unfinished-removal.ts";

export interface AbsentTenants {
  control: Pick<FleetControl, "edit">;
  /** What a fleet comes to with every service of tenants that there is. */
  everything: (fleet: Fleet) => Desired;
  hasSecrets: (owner: string) => boolean;
  runUnderWay: () => Promise<Run | null>;
  /** What is left of removing a tenant that is not in the fleet any more. */
  unfinishedRemoval: (tenant: string) => Promise<UnfinishedRemoval | null>;
  /** Tenants that left the fleet, and whose data stayed. */
  kept: (fleet: Fleet) => Promise<KeptTenant[]>;
  /** Names of all instances that are or should be on some node. */
  instances: () => Promise<ReadonlySet<string>>;
}

export interface RemovalOptions extends ChangeOptions {
  keepData: boolean;
  /** false: without a final backup. */
  backup: boolean;
}

/** Throws `not-found` when nothing of it is left. */
export async function removeAbsent(
  tenants: AbsentTenants,
  { name, fleet }: { name: string; fleet: Fleet },
  options: RemovalOptions,
): Promise<TenantChange> {
  const kept = (await tenants.kept(fleet)).find((candidate) => candidate.name === name);
  const run = options.dryRun ? null : await tenants.runUnderWay();
  if (run !== null && isFor(run, name, kept, options)) return followed(run);
  const left = await tenants.unfinishedRemoval(name);
  if (left !== null) return carryOn(tenants, name, left, options);
  if (kept === undefined) throw unknownTenant(name, fleet);
  return removeKept(tenants, kept, options);
}

export function unknownTenant(tenant: string, { tenants }: Fleet): BerthError {
  const names = Object.keys(tenants).join(", ");
  return new BerthError("not-found", `No tenant is named '${tenant}'`, {
    hint: names === "" ? "The fleet has no tenants" : `The fleet's tenants are ${names}`,
  });
}

function isFor(run: Run, name: string, kept: KeptTenant | undefined, { keepData }: RemovalOptions): boolean {
  return keepData ? removesInstances(run, kept?.instances ?? []) : removesAll(run, name);
}

async function carryOn(
  { control }: AbsentTenants,
  tenant: string,
  left: UnfinishedRemoval,
  { keepData, backup, ...options }: RemovalOptions,
): Promise<TenantChange> {
  if (keepData) {
    throw new BerthError("conflict", `Run ${left.run} has begun to remove tenant '${tenant}' with its data`, {
      hint: `\`berth tenant remove ${tenant}\` carries on with it; what is left of it can be kept no more`,
    });
  }
  const isBackup = ({ kind }: PlannedOperation) => kind === "image.ensure" || kind === "backup.create";
  const first = backup ? left.operations.filter(isBackup) : [];
  const rest = left.operations.filter((operation) => !isBackup(operation));
  const edit: FleetEdit = ({ yaml }) => ({ text: yaml, first, besides: () => rest });
  const { plan, run } = await control.edit(edit, { ...options, kind: "tenant.remove", only: isFirewall });
  const warnings = [`run ${left.run} has begun to remove it: this is what it has left`, ...plan.warnings];
  return { plan: { ...plan, warnings }, run };
}

/** As if it were in the fleet, for what has stayed; with `keepData`, for instances that an earlier removal did not reach. */
async function removeKept(
  { control, everything, hasSecrets, instances }: AbsentTenants,
  kept: KeptTenant,
  { keepData, account, dryRun }: RemovalOptions,
): Promise<TenantChange> {
  const present = await instances();
  const edit: FleetEdit = ({ yaml, fleet }) => {
    const before = withKept(fleet, kept);
    const removed = { name: kept.name, yaml, fleet: before, desired: everything(before), hasSecrets };
    const { text, operations } = planTenantRemoval(removed, { keepData });
    const isThere = ({ node, target }: PlannedOperation) =>
      (node === null || node in fleet.nodes) && (!keepData || present.has(target));
    return { text, besides: () => operations.filter(isThere) };
  };
  const only = keepData ? closesToTenant : isFirewall;
  const { plan, run } = await control.edit(edit, { account, dryRun, kind: "tenant.remove", only });
  const note = `tenant '${kept.name}' was removed before, and its data kept`;
  return { plan: { ...plan, warnings: [note, ...plan.warnings] }, run };
}

function isFirewall({ kind }: PlannedOperation): boolean {
  return kind === "firewall.ensure";
}
