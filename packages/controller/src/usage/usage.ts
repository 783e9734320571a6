/** The room of what tenants use: asks the stores when somebody wants to know, and no more often than each half minute. */
import type { LiveSamples } from "@berth/shared/api/live";
import type { Status } from "@berth/shared/api/status";
import type { Usage } from "@berth/shared/api/usage";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import { unknownName } from "@berth/shared/fleet/unknown-name";
import pTimeout from "p-timeout";
import type { StoreReading, Stores } from "../needs/stores.ts";
import type { DesiredNeed } from "../plan/desired-needs.ts";
import { type CountsOf, type Holdings, holdingsOf, joinHoldings, tenantsOf, type TenantOf } from "./holdings.ts";
import { measuredOf, ownersUsage } from "./owners.ts";

export interface UsageRoom {
  /** Throws `not-found` for a tenant that the fleet does not have, and before the first apply. */
  read: (question: { tenant?: string | undefined }) => Promise<Usage>;
  /** What stores hold for everybody. Throws `not-found` before the first apply. */
  readStores: () => Promise<StoreUsage>;
  /** What was read last, without waiting: null before the first reading, which this begins. */
  recall: () => StoreUsage | null;
}

/** What stores hold; `owners` are added up when somebody asks, with what is measured then. */
export type StoreUsage = Holdings & Pick<Usage, "readAt"> & { unread: UnreadStore[] };

export interface UnreadStore {
  server: string;
  reason: string;
  /** Whose things it holds; null among them: shared ones. */
  tenants: ReadonlySet<string | null>;
}

export interface UsageDependencies {
  /** Throws `not-found` before the first apply. */
  fleet: () => Promise<Fleet>;
  /** Everything that the fleet's stores hold, of suspended tenants too. */
  needs: (fleet: Fleet) => DesiredNeed[];
  placements: (fleet: Fleet) => Placement[];
  status: () => Promise<Status>;
  readStore: Stores["read"];
  recentSamples: (query: { seconds: number }) => readonly LiveSamples[];
  /** When a bucket's quota will be reached, as far as anybody can tell. */
  fullAt?: (bucket: string) => string | null;
  onFailure: (error: unknown) => void;
  now?: () => number;
}

const keepMilliseconds = 30_000;
/** One store that hangs holds up nobody for long. */
const storeMilliseconds = 10_000;
/** Twice what an agent waits between two frames while nobody looks. */
const freshSeconds = 15;

export function noTenant(name: string): BerthError {
  return unknownName("tenant", name);
}

export function createUsage(dependencies: UsageDependencies): UsageRoom {
  const { fleet: presentFleet, needs, placements, status, readStore } = dependencies;
  const now = dependencies.now ?? Date.now;
  const fullAt = dependencies.fullAt ?? (() => null);
  let last: { of: Fleet; usage: StoreUsage } | null = null;
  let reading: Promise<StoreUsage> | undefined;
  /** Stores that were given up on and have not ended yet: they are not asked again before. */
  const underWay = new Set<string>();

  async function readInTime(
    fleet: Fleet,
    server: string,
    wanted: readonly DesiredNeed[],
    counts: CountsOf,
  ): Promise<StoreReading> {
    if (underWay.has(server)) throw new BerthError("deadline.exceeded", `${server} has not answered yet`);
    underWay.add(server);
    const tables = new Map([...counts].map(([instance, names]) => [instance, Object.values(names)]));
    const answer = readStore(fleet, server, wanted, tables).finally(() => underWay.delete(server));
    return pTimeout(answer, {
      milliseconds: storeMilliseconds,
      message: new BerthError("deadline.exceeded", `${server} gave no answer within ${storeMilliseconds / 1000} s`),
    });
  }

  async function readStores(fleet: Fleet): Promise<StoreUsage> {
    const readAt = new Date(now()).toISOString();
    const healthy = new Set(
      (await status()).instances.filter(({ state }) => state === "healthy").map(({ name }) => name),
    );
    const tenants = new Map(placements(fleet).map(({ instance, tenant }) => [instance, tenant]));
    const tenantOf: TenantOf = (name) => tenants.get(name) ?? (Object.hasOwn(fleet.tenants, name) ? name : null);
    const counts: CountsOf = new Map(
      placements(fleet).map(({ instance, service }) => [
        instance,
        service.needs.find((need) => need.kind === "database")?.counts ?? {},
      ]),
    );
    const unread: UnreadStore[] = [];
    const holdings = await Promise.all(
      [...Map.groupBy(needs(fleet), ({ server }) => server)].map(async ([server, wanted]): Promise<Holdings[]> => {
        try {
          // One that is not there would cost the deadline of a connection.
          if (!healthy.has(server)) throw new BerthError("store.failed", `${server} is not healthy`);
          return [holdingsOf(server, wanted, await readInTime(fleet, server, wanted, counts), { tenantOf, counts })];
        } catch (error) {
          unread.push({ server, reason: toBerthError(error).message, tenants: tenantsOf(wanted, tenantOf) });
          return [];
        }
      }),
    );
    return { readAt, ...joinHoldings(holdings.flat()), unread };
  }

  /** One reading at a time, however many ask. */
  function readAgain(fleet: Fleet): Promise<StoreUsage> {
    reading ??= readStores(fleet)
      .then((usage) => {
        last = { of: fleet, usage };
        return usage;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  const isFresh = ({ readAt }: StoreUsage): boolean => now() - Date.parse(readAt) < keepMilliseconds;

  async function latest(fleet: Fleet): Promise<StoreUsage> {
    return last !== null && last.of === fleet && isFresh(last.usage) ? last.usage : readAgain(fleet);
  }

  return {
    async read({ tenant }) {
      const fleet = await presentFleet();
      if (tenant !== undefined && !Object.hasOwn(fleet.tenants, tenant)) {
        throw noTenant(tenant);
      }
      const usage = await latest(fleet);
      const isWanted = (one: { tenant: string | null }): boolean => tenant === undefined || one.tenant === tenant;
      const measured = measuredOf(
        dependencies.recentSamples({ seconds: freshSeconds }),
        new Map(placements(fleet).map(({ instance, tenant: owner }) => [instance, owner])),
      );
      return {
        readAt: usage.readAt,
        owners: ownersUsage(Object.keys(fleet.tenants), usage, measured).filter(isWanted),
        databases: usage.databases.filter(isWanted),
        collections: usage.collections.filter(isWanted),
        buckets: usage.buckets.filter(isWanted).map((one) => ({ ...one, fullAt: fullAt(one.bucket) })),
        models: tenant === undefined ? usage.models : [],
        unread: usage.unread
          .filter(({ tenants }) => tenant === undefined || tenants.has(tenant))
          .map(({ server, reason }) => ({ server, reason })),
      };
    },
    readStores: async () => latest(await presentFleet()),
    recall() {
      if (last === null || !isFresh(last.usage)) {
        presentFleet()
          .then(readAgain)
          .catch((error: unknown) => {
            // Nothing is to be read before the first apply.
            if (!(error instanceof BerthError && error.code === "not-found")) dependencies.onFailure(error);
          });
      }
      return last?.usage ?? null;
    },
  };
}
