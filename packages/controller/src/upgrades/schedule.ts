/** Asks registries for newer versions when the fleet says so, and begins the upgrades that it leaves to Berth. */
import type { UpgradeCheck, UpgradeRequest } from "@berth/shared/api/upgrades";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import type { Upgrades } from "@berth/shared/fleet/upgrades";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { automaticUpgrades, isCheckDue, isWindowOpen, nextMoment } from "./automatic.ts";

export interface UpgradeSchedule {
  /** Looks again: the fleet, or what stood in the way, has changed. */
  look: () => void;
  /** Ends when nothing is being begun any more. */
  close: () => Promise<void>;
}

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

/** After the start of the controller: agents come back first. */
const startDelayMilliseconds = 90_000;
/** Times are looked at again at least this often: clocks are set, and timers drift. */
const longestWaitMilliseconds = 3_600_000;
/** What was begun or refused is left alone: it may have failed before anything was recorded of it. */
const restMilliseconds = 12 * 3_600_000;
/** Another run is waited for; its end is told by `look`. */
const conflictMilliseconds = 15 * 60_000;

export function createUpgradeSchedule(dependencies: ScheduleDependencies): UpgradeSchedule {
  const notBefore = Date.now() + startDelayMilliseconds;
  const tried = new Map<string, number>();
  let askedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  let closed = false;

  function wait(milliseconds: number): void {
    clearTimeout(timer);
    if (closed) return;
    const earliest = notBefore - Date.now();
    timer = setTimeout(tick, Math.max(earliest, Math.min(milliseconds, longestWaitMilliseconds)));
    timer.unref();
  }

  function tick(): void {
    working = working.then(work).catch((error: unknown) => {
      dependencies.onFailure(error, "What there is to upgrade could not be looked at");
      wait(longestWaitMilliseconds);
    });
  }

  async function work(): Promise<void> {
    const found = closed ? null : await dependencies.read();
    if (found === null) return wait(longestWaitMilliseconds);
    const { upgrades } = found;
    if (await isDue(upgrades)) {
      askedAt = Date.now();
      await dependencies.check();
    }
    if (upgrades.automatic === "none" || !isWindowOpen(upgrades, Date.now())) return waitForNext(upgrades);
    const checked = await dependencies.recall();
    const requests = automaticUpgrades({ ...found, checked, past: await dependencies.past() });
    await beginOneOf(
      requests.filter((request) => !isResting(request)),
      upgrades,
    );
  }

  /** What was asked for by hand counts: the registries were asked. */
  async function isDue(upgrades: Upgrades): Promise<boolean> {
    const { services } = await dependencies.recall();
    const times = services.flatMap(({ checkedAt }) => (checkedAt === null ? [] : [Date.parse(checkedAt)]));
    // Nobody was asked before: begin with the next time, as backups do.
    const last = Math.max(askedAt, times.length === 0 ? notBefore : Math.min(...times));
    return isCheckDue(upgrades, last, Date.now());
  }

  /** One service after the other. What stands in the way of one does not hold up the others. */
  async function beginOneOf(requests: readonly UpgradeRequest[], upgrades: Upgrades): Promise<void> {
    for (const request of requests) {
      try {
        await dependencies.start(request);
        tried.set(keyOf(request), Date.now());
        return wait(longestWaitMilliseconds);
      } catch (error) {
        if (error instanceof BerthError && error.code === "conflict") return wait(conflictMilliseconds);
        tried.set(keyOf(request), Date.now());
        dependencies.onFailure(error, `${request.service} could not be upgraded to ${request.version} by the schedule`);
      }
    }
    return waitForNext(upgrades);
  }

  function isResting(request: UpgradeRequest): boolean {
    return Date.now() - (tried.get(keyOf(request)) ?? -Infinity) < restMilliseconds;
  }

  function waitForNext(upgrades: Upgrades): void {
    const next = nextMoment(upgrades, Date.now());
    // A second more: at its very time nothing is due yet.
    wait(next === null ? longestWaitMilliseconds : next - Date.now() + 1000);
  }

  wait(startDelayMilliseconds);
  return {
    look: () => wait(1000),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await working;
    },
  };
}

function keyOf({ service, version }: UpgradeRequest): string {
  return `${service} ${version}`;
}
