/** When registries are asked, and what Berth upgrades by itself. Pure. */
import type { InstanceCheck, UpgradeCheck, UpgradeRequest } from "@berth/shared/api/upgrades";
import { upgradeRequestSchema } from "@berth/shared/api/upgrades";
import type { Catalog } from "@berth/shared/catalog/schema";
import type { Upgrades } from "@berth/shared/fleet/upgrades";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { lastTime, nextTime } from "../schedules/times.ts";
import { failuresOf } from "./past-upgrades.ts";

type Timing = Pick<Upgrades, "check" | "timeZone" | "window">;

/** Whether registries have not been asked since they should have been. `lastAt`: milliseconds since the epoch. */
export function isCheckDue({ check, timeZone }: Timing, lastAt: number, now: number): boolean {
  const due = lastTime({ expression: check, timeZone }, now);
  return due !== null && due > lastAt;
}

/** Whether automatic upgrades may begin now. */
export function isWindowOpen({ window, timeZone }: Timing, now: number): boolean {
  if (window === undefined) return true;
  const opened = lastTime({ expression: window.start, timeZone }, now);
  return opened !== null && now < opened + window.hours * 3_600_000;
}

/** The next moment at which there may be something to do. null: never. */
export function nextMoment({ check, timeZone, window }: Timing, now: number): number | null {
  const times = [check, ...(window === undefined ? [] : [window.start])].flatMap((expression) => {
    const next = nextTime({ expression, timeZone }, now);
    return next === null ? [] : [next];
  });
  return times.length === 0 ? null : Math.min(...times);
}

export interface AutomaticQuestion {
  upgrades: Pick<Upgrades, "automatic" | "services">;
  /** Services of tenants: those that are meant where the fleet names none. */
  services: readonly string[];
  catalog: Catalog;
  checked: UpgradeCheck;
  past: readonly UpgradeInstance[];
}

/**
 * What there is to begin, one request for each service and version. Never what is held, and never a version that any
 * instance went back from. A service that passes through every minor version gets none by itself but patches.
 */
export function automaticUpgrades({ upgrades, services, catalog, checked, past }: AutomaticQuestion): UpgradeRequest[] {
  if (upgrades.automatic === "none") return [];
  return (upgrades.services ?? services).flatMap((service) => {
    const isStepwise = catalog.get(service)?.upgrade.skipMinor === false;
    const toMinor = upgrades.automatic === "minor" && !isStepwise;
    const mine = checked.instances.filter((instance) => instance.service === service && !instance.held);
    const targeted = mine.flatMap((instance) => {
      const version = targetOf(instance, toMinor);
      return version === null || failuresOf(past, service, version).length > 0 ? [] : [{ instance, version }];
    });
    return [...Map.groupBy(targeted, ({ version }) => version)].map(([version, group]) =>
      upgradeRequestSchema.parse({
        service,
        version,
        only: group.length === mine.length ? [] : group.map(({ instance }) => instance.instance),
      }),
    );
  });
}

function targetOf({ patch, minor }: InstanceCheck, toMinor: boolean): string | null {
  return toMinor ? (minor ?? patch) : patch;
}
