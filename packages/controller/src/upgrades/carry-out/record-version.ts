/** Writes into the fleet's text what an upgrade has proven. Idempotent. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { isSuspended } from "@berth/shared/fleet/awake";
import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet, Overrides } from "@berth/shared/fleet/schema";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { FleetControl } from "../../apply/apply.ts";
import type { FleetStore, StoredFleet } from "../../apply/fleet-store.ts";
import { noFleetYet } from "../../apply/fleet-store.ts";
import { recordFleet } from "../../apply/record.ts";
import type { Inventory } from "../../inventory/database.ts";
import type { Desired } from "../../plan/desired.ts";

export interface RecordDependencies {
  inventory: Pick<Inventory, "database">;
  store: Pick<FleetStore, "current" | "parse">;
  catalog: Catalog;
  desired: (fleet: Fleet) => Desired;
  exclusively: FleetControl["exclusively"];
  /** Called with the new desired state. */
  onChange: (fleet: Fleet) => void;
}

/** Who the revision is by: it is the run that knows who asked for it. */
const account = "upgrade";

/**
 * Makes the version that of the instance alone, or of the shared service. A tenant's instance that would have it anyway
 * needs none of its own. One that the fleet no longer has is passed by.
 */
export function recordVersion(
  { instance, version }: Pick<InstanceSpec, "instance" | "version">,
  dependencies: RecordDependencies,
): Promise<void> {
  return rewrite(dependencies, ({ fleet, yaml }) => {
    const placement = placements(fleet, dependencies.catalog).find((candidate) => candidate.instance === instance);
    if (placement === undefined || versionOf(placement) === version) return yaml;
    if (inheritedVersion(placement, fleet) === version) return withoutOwnVersion(yaml, placement, fleet);
    return setInFleet(yaml, ownVersionPath(placement), version);
  });
}

/**
 * Makes the version that of the service, and takes out the tenants' own which say the same. Nothing is changed while an
 * instance of it is to run another version, unless it is held there or suspended.
 */
export function concludeVersion(
  { service, version }: { service: string; version: string },
  dependencies: RecordDependencies,
): Promise<void> {
  return rewrite(dependencies, ({ fleet, yaml }) => {
    const placed = placements(fleet, dependencies.catalog).filter(
      (placement) => placement.tenant !== null && placement.service.name === service,
    );
    const moving = placed.filter(
      ({ tenant }) => !isHeld(fleet, tenant, service) && !isSuspended(fleet, { tenant, service }),
    );
    if (moving.length === 0 || moving.some((placement) => versionOf(placement) !== version)) return yaml;
    const own = moving.filter(({ tenant }) => ownOverrides(fleet, tenant, service)?.version === version);
    const withService =
      fleet.services.tenant[service]?.version === version
        ? yaml
        : setInFleet(yaml, ["services", "tenant", service, "version"], version);
    return own.reduce((text, placement) => withoutOwnVersion(text, placement, fleet), withService);
  });
}

/** Overrides that say nothing else go as a whole. */
function withoutOwnVersion(text: string, placement: Placement, fleet: Fleet): string {
  const path = ownVersionPath(placement);
  const own: Partial<Overrides> = ownOverrides(fleet, placement.tenant, placement.service.name) ?? {};
  const { version: _, env = {}, ...rest } = own;
  const saysMore = Object.keys(rest).length > 0 || Object.keys(env).length > 0;
  return removeFromFleet(text, saysMore ? path : path.slice(0, -1));
}

/** The fleet's text is read, changed and written with nobody in between; the same text is not written again. */
function rewrite(
  { inventory, store, desired, exclusively, onChange }: RecordDependencies,
  edit: (present: StoredFleet) => string,
): Promise<void> {
  return exclusively(async () => {
    const present = await store.current();
    if (present === null) throw noFleetYet();
    const text = edit(present);
    if (text === present.yaml) return;
    const fleet = store.parse(text, present.file);
    const record = { file: present.file, yaml: text, account, fleet, desired: desired(fleet) };
    await inventory.database.transaction().execute((transaction) => recordFleet(transaction, record));
    onChange(fleet);
  });
}

function versionOf({ service, overrides }: Placement): string {
  return overrides.version ?? service.version;
}

/** What it would run without a version of its own; undefined: there is nothing above it, as for what is shared. */
function inheritedVersion({ tenant, service }: Placement, fleet: Fleet): string | undefined {
  return tenant === null ? undefined : (fleet.services.tenant[service.name]?.version ?? service.version);
}

function ownVersionPath({ tenant, service }: Placement): string[] {
  const scope = tenant === null ? ["services", "shared"] : ["tenants", tenant, "services"];
  return [...scope, service.name, "version"];
}

function ownOverrides(fleet: Fleet, tenant: string | null, service: string) {
  const own = tenant === null ? undefined : fleet.tenants[tenant]?.services[service];
  return own === false ? undefined : own;
}

function isHeld(fleet: Fleet, tenant: string | null, service: string): boolean {
  return ownOverrides(fleet, tenant, service)?.hold === true;
}
