/** Asks registries for newer versions when the fleet says so, and begins the upgrades that it leaves to Berth. */
import type { UpgradeCheck, UpgradeRequest } from "@berth/shared/api/upgrades";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import type { Upgrades } from "@berth/shared/fleet/upgrades";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { createRecurring, untilMoment, type Recurring } from "../schedules/recurring.ts";
import { automaticUpgrades, isCheckDue, isWindowOpen, nextMoment } from "./automatic.ts";

export interface ScheduleDependencies {
  /** null: nothing was applied yet. `services`: those of tenants. */
  read: () => Promise<{ upgrades: Upgrades; services: readonly string[]; catalog: Catalog } | null>;
  check: () => Promise<UpgradeCheck>;
  recall: () => Promise<UpgradeCheck>;
  past: () => Promise<readonly UpgradeInstance[]>;
  /** Throws `conflict` while another run is under way. */
  start: (request: UpgradeRequest) => Promise<unknown>;
  onFailure: (error: unknown, what: string) => void;
}

const startDelayMilliseconds = 90_000;
/** After a failure, and while what was begun is carried out, whose end is told by `look`. */
const longWaitMilliseconds = 3_600_000;
/** What was begun or refused is left alone: it may have failed before anything was recorded of it. */
const restMilliseconds = 12 * 3_600_000;
/** Another run is waited for; its end is told by `look`. */
const conflictMilliseconds = 15 * 60_000;

export function createUpgradeSchedule(dependencies: ScheduleDependencies): Recurring {
  const firstLookAt = Date.now() + startDelayMilliseconds;
  const tried = new Map<string, number>();
  let askedAt = 0;

  async function work(): Promise<number> {
    const found = await dependencies.read();
    if (found === null) return longWaitMilliseconds;
    const { upgrades } = found;
    if (await isDue(upgrades)) {
      askedAt = Date.now();
      await dependencies.check();
    }
    if (upgrades.automatic === "none" || !isWindowOpen(upgrades, Date.now())) return untilNext(upgrades);
    const checked = await dependencies.recall();
    const requests = automaticUpgrades({ ...found, checked, past: await dependencies.past() });
    return beginOneOf(
      requests.filter((request) => !isResting(request)),
      upgrades,
    );
  }

  /** What was asked for by hand counts: the registries were asked. */
  async function isDue(upgrades: Upgrades): Promise<boolean> {
    const { services } = await dependencies.recall();
    const times = services.flatMap(({ checkedAt }) => (checkedAt === null ? [] : [Date.parse(checkedAt)]));
    // Nobody was asked before: begin with the next time, as backups do.
    const last = Math.max(askedAt, times.length === 0 ? firstLookAt : Math.min(...times));
    return isCheckDue(upgrades, last, Date.now());
  }

  /** One service after the other. What stands in the way of one does not hold up the others. */
  async function beginOneOf(requests: readonly UpgradeRequest[], upgrades: Upgrades): Promise<number> {
    for (const request of requests) {
      try {
        await dependencies.start(request);
        tried.set(keyOf(request), Date.now());
        return longWaitMilliseconds;
      } catch (error) {
        if (error instanceof BerthError && error.code === "conflict") return conflictMilliseconds;
        tried.set(keyOf(request), Date.now());
        dependencies.onFailure(error, `${request.service} could not be upgraded to ${request.version} by the schedule`);
      }
    }
    return untilNext(upgrades);
  }

  function isResting(request: UpgradeRequest): boolean {
    return Date.now() - (tried.get(keyOf(request)) ?? -Infinity) < restMilliseconds;
  }

  return createRecurring({
    startDelayMilliseconds,
    work,
    onFailure: (error) => dependencies.onFailure(error, "What there is to upgrade could not be looked at"),
    failureMilliseconds: longWaitMilliseconds,
  });
}

function untilNext(upgrades: Upgrades): number {
  return untilMoment(nextMoment(upgrades, Date.now()));
}

function keyOf({ service, version }: UpgradeRequest): string {
  return `${service} ${version}`;
}
