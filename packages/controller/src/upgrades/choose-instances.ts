/** Which instances of a service an upgrade moves, and which it passes by. Pure. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { BerthError } from "@berth/shared/errors";
import { isSuspended, isTenantSuspended } from "@berth/shared/fleet/awake";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import { suggestion } from "@berth/shared/fleet/suggest";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Observed, ObservedPlacement } from "../plan/observed.ts";

export interface Selection {
  service: string;
  version: string;
  /** Instances or tenants; empty: all. */
  only: readonly string[];
}

export interface ChosenInstances {
  /** In the order of the fleet. */
  moved: Placement[];
  /** What runs of each of them, by instance. */
  former: ReadonlyMap<string, InstanceSpec>;
  /** Run the version already. */
  there: Placement[];
  /** Why some are passed by. */
  notes: string[];
}

/** The service's instances, in the order of the fleet. Throws `not-found` for a service that the fleet does not have. */
export function instancesOf(service: string, fleet: Fleet, catalog: Catalog): Placement[] {
  const all = placements(fleet, catalog);
  const found = all.filter((placement) => placement.service.name === service);
  if (found.length > 0) return found;
  const names = [...new Set(all.map((placement) => placement.service.name))];
  throw new BerthError("not-found", `The fleet has no instance of '${service}'${suggestion(service, names)}`, {
    hint: "`berth status` shows what there is",
  });
}

/**
 * Throws `not-found` for names that no instance of the service has, `conflict` for one that is held, and
 * `instance.unhealthy` for instances that are not well now: nobody could tell afterwards what the new version has done.
 */
export function chooseInstances(
  selection: Selection,
  all: readonly Placement[],
  { fleet, observed }: { fleet: Fleet; observed: Observed },
): ChosenInstances {
  const named = selection.only.flatMap((name) => instancesNamed(name, selection.service, all));
  const chosen = selection.only.length === 0 ? all : all.filter((placement) => named.includes(placement));
  refuseNamedHolds(named);
  const free = chosen.filter((placement) => !isHeld(placement));
  const awake = free.filter((placement) => !rests(placement, fleet));
  const seen = new Map(awake.map((placement) => [placement.instance, look(placement, observed)]));
  const runs = (placement: Placement) => seen.get(placement.instance)?.former?.version === selection.version;
  const moved = awake.filter((placement) => !runs(placement));
  refuseIll(
    moved.flatMap(({ instance }) => seen.get(instance)?.ill ?? []),
    selection.service,
  );
  return {
    moved,
    former: new Map(
      moved.flatMap(({ instance }) => {
        const former = seen.get(instance)?.former;
        return former === undefined ? [] : [[instance, former]];
      }),
    ),
    there: awake.filter(runs),
    notes: [
      ...awake.filter(runs).map(({ instance }) => `${instance} runs ${shortDigests(selection.version)} already`),
      ...chosen
        .filter(isHeld)
        .map(
          ({ instance, overrides }) => `${instance} is held at ${shortDigests(overrides.version ?? "")} and passed by`,
        ),
      ...free.filter((placement) => rests(placement, fleet)).map((placement) => restingNote(placement, fleet)),
    ],
  };
}

/** The one instance that an instance's or a tenant's name stands for, or several of a shared service. */
export function instancesNamed(name: string, service: string, all: readonly Placement[]): Placement[] {
  const found = all.filter(({ instance, tenant }) => instance === name || tenant === name);
  if (found.length > 0) return found;
  const names = all.flatMap(({ instance, tenant }) => [instance, ...(tenant === null ? [] : [tenant])]);
  throw new BerthError("not-found", `'${name}' has no instance of ${service}${suggestion(name, names)}`, {
    hint: `Those of ${service} are ${all.map(({ instance }) => instance).join(", ")}`,
  });
}

export function isHeld({ overrides }: Placement): boolean {
  return overrides.hold === true;
}

function refuseNamedHolds(named: readonly Placement[]): void {
  const held = named.find(isHeld);
  if (held === undefined) return;
  throw new BerthError("conflict", `${held.instance} is held at ${shortDigests(held.overrides.version ?? "")}`, {
    hint: `\`berth upgrade release ${held.instance}\` lets it go along`,
  });
}

function rests({ tenant, service }: Placement, fleet: Fleet): boolean {
  return isSuspended(fleet, { tenant, service: service.name });
}

function restingNote({ instance, tenant }: Placement, fleet: Fleet): string {
  if (isTenantSuspended(fleet, tenant))
    return `${instance} rests with its suspended tenant '${tenant}' and is passed by`;
  return `${instance} is suspended and passed by`;
}

interface Sight {
  /** What runs; undefined: it cannot be known. */
  former: InstanceSpec | undefined;
  /** Why it cannot be moved now, as a sentence; empty: it can. */
  ill: string[];
}

function look({ instance, node }: Placement, { nodes, specifications }: Observed): Sight {
  const instances = nodes.get(node)?.instances ?? "unseen";
  if (instances === "unseen") return { former: undefined, ill: [`${instance}: its node '${node}' cannot be asked`] };
  const placed = instances.get(instance);
  const former = placed === undefined ? undefined : specifications.get(placed.hash);
  const reason = illness(placed) ?? (former === undefined ? "runs something that is not on record" : null);
  return { former, ill: reason === null ? [] : [`${instance} ${reason}`] };
}

function illness(placed: ObservedPlacement | undefined): string | null {
  if (placed === undefined || placed.state === "missing") return "does not exist on its node";
  if (placed.state === "unknown") return "cannot be looked at";
  if (placed.state !== "healthy") return `is ${placed.state}`;
  return placed.drift.length === 0 ? null : `drifted: ${placed.drift.join(", ")}`;
}

function refuseIll(ill: readonly string[], service: string): void {
  if (ill.length === 0) return;
  const sentence =
    ill.length === 1
      ? `${ill[0]}: it cannot be upgraded now`
      : `${ill.length} instances of ${service} cannot be upgraded now: ${ill.join("; ")}`;
  throw new BerthError("instance.unhealthy", sentence, {
    hint: "`berth apply` mends what can be mended; --only names those that are to be upgraded without it",
  });
}
