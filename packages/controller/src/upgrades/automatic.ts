/** When registries are asked, and what Berth upgrades by itself. Pure. */
import { Cron } from "croner";
import type { InstanceCheck, UpgradeCheck, UpgradeRequest } from "@berth/shared/api/upgrades";
import { upgradeRequestSchema } from "@berth/shared/api/upgrades";
import type { Catalog } from "@berth/shared/catalog/schema";
import type { Upgrades } from "@berth/shared/fleet/upgrades";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { failuresOf } from "./past-upgrades.ts";

type Times = Pick<Upgrades, "check" | "timeZone" | "window">;

/** Whether registries have not been asked since they should have been. `lastAt`: milliseconds since the epoch. */
export function isCheckDue({ check, timeZone }: Times, lastAt: number, now: number): boolean {
  const [due] = cron(check, timeZone).previousRuns(1, new Date(now));
  return due !== undefined && due.getTime() > lastAt;
}

/** Whether automatic upgrades may begin now. */
export function isWindowOpen({ window, timeZone }: Times, now: number): boolean {
  if (window === undefined) return true;
  const [opened] = cron(window.start, timeZone).previousRuns(1, new Date(now));
  return opened !== undefined && now < opened.getTime() + window.hours * 3_600_000;
}

/** The next moment at which there may be something to do. null: never. */
export function nextMoment({ check, timeZone, window }: Times, now: number): number | null {
  const times = [check, ...(window === undefined ? [] : [window.start])].flatMap((expression) => {
    const next = cron(expression, timeZone).nextRun(new Date(now));
    return next === null ? [] : [next.getTime()];
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

function cron(expression: string, timeZone: string): Cron {
  return new Cron(expression, { paused: true, timezone: timeZone });
}
