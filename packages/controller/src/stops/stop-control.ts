/** Instances stopped and started by command: edits of the same desired state that the fleet file gives. */
import type { Run } from "@berth/shared/api/runs";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { isTenantSuspended } from "@berth/shared/fleet/awake";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import { suggestion } from "@berth/shared/fleet/suggest";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { concernsStarted, concernsStopped } from "./concerns.ts";
import { refuseBereft, users } from "./dependents.ts";
import { withSuspension, withSuspensionText } from "./edit.ts";

export interface StopOptions {
  account: string;
  dryRun: boolean;
}

export interface StopChange {
  plan: FleetPlan;
  /** null: nothing is to be done, or it was a dry run. */
  run: Run | null;
}

/**
 * Idempotent. Throws `not-found` for a name that no instance has; `conflict` beside another run, for what rests with its
 * tenant, and where something that runs would be without what it needs.
 */
export interface Stops {
  stop: (names: readonly string[], options: StopOptions) => Promise<StopChange>;
  start: (names: readonly string[], options: StopOptions) => Promise<StopChange>;
}

export interface StopsDependencies {
  control: Pick<FleetControl, "edit">;
  catalogOf: (fleet: Fleet) => Catalog;
}

export function createStops({ control, catalogOf }: StopsDependencies): Stops {
  async function change(
    names: readonly string[],
    suspended: boolean,
    { kind, concerns, ...options }: StopOptions & { kind: string; concerns: typeof concernsStopped },
  ): Promise<StopChange> {
    let meant: Placement[] = [];
    let notes: string[] = [];
    const { plan, run } = await control.edit(
      ({ yaml, fleet }) => {
        const catalog = catalogOf(fleet);
        meant = chooseInstances(names, fleet, catalog);
        const next = withSuspension(fleet, meant, suspended);
        refuseBereft(next, catalog, meant);
        notes = suspended ? users(next, catalog, meant) : [];
        return { text: meant.reduce((text, one) => withSuspensionText(text, fleet, one, suspended), yaml) };
      },
      { ...options, kind, only: (operation: PlannedOperation) => concerns(operation, meant) },
    );
    const written = plan.operations.length === 0 ? onlyWritten(meant, suspended) : [];
    return { plan: { ...plan, warnings: [...written, ...notes, ...plan.warnings] }, run };
  }

  return {
    stop: (names, options) => change(names, true, { ...options, kind: "instance.stop", concerns: concernsStopped }),
    start: (names, options) => change(names, false, { ...options, kind: "instance.start", concerns: concernsStarted }),
  };
}

/** What changes in the fleet file while nothing of it is seen on a node, as of one that is away. */
function onlyWritten(meant: readonly Placement[], suspended: boolean): string[] {
  const changed = meant.filter(({ overrides }) => (overrides.suspended === true) !== suspended);
  if (changed.length === 0) return [];
  const names = changed.map(({ instance }) => instance).join(", ");
  const says = suspended ? "is suspended" : "is not suspended any more";
  return [
    `only the fleet file changes, which says that ${names} ${says}: on the nodes that are seen there is nothing to do`,
  ];
}

/** Replicas of a shared service go together: the fleet file has one entry for all of them. */
function chooseInstances(names: readonly string[], fleet: Fleet, catalog: Catalog): Placement[] {
  const all = placements(fleet, catalog);
  const services = new Set(names.map((name) => serviceKey(requireInstance(name, all, fleet))));
  return all.filter((placement) => services.has(serviceKey(placement)));
}

function serviceKey({ tenant, service }: Placement): string {
  return `${tenant ?? ""}/${service.name}`;
}

function requireInstance(name: string, all: readonly Placement[], fleet: Fleet): Placement {
  const found = all.find(({ instance }) => instance === name);
  if (found === undefined) throw unknownInstance(name, all, fleet);
  if (!isTenantSuspended(fleet, found.tenant)) return found;
  throw new BerthError("conflict", `${name} rests with its tenant '${found.tenant}', which is suspended`, {
    hint: `\`berth tenant resume ${found.tenant}\` first`,
  });
}

function unknownInstance(name: string, all: readonly Placement[], { tenants }: Fleet): BerthError {
  const names = all.map(({ instance }) => instance);
  return new BerthError("not-found", `No instance is named '${name}'${suggestion(name, names)}`, {
    hint:
      name in tenants
        ? `\`berth tenant suspend ${name}\` takes down all that a tenant has, \`berth tenant resume ${name}\` brings it back`
        : "`berth status` shows what there is",
  });
}
