/** When buckets reach their quota, if they go on growing as they did lately. */
import type { BucketUsage } from "@berth/shared/api/usage";
import { secondsUntil } from "../alerts/trend.ts";
import { isBucket } from "../metrics/history/holding.ts";
import type { History } from "../metrics/history/history.ts";

export interface Forecast {
  /** Looks anew at how these have grown. */
  look: (buckets: readonly Pick<BucketUsage, "bucket" | "owner" | "quotaBytes">[]) => Promise<void>;
  /** ISO 8601; null: it has no quota, does not grow evenly, or nobody can tell. */
  fullAt: (bucket: string) => string | null;
}

export interface ForecastDependencies {
  read: History["read"];
  /** When a tenant was taken in, as ISO 8601: what is older was another one's with the name. null: it is no tenant. */
  tenantSince: (owner: string) => Promise<string | null>;
  now: () => number;
}

const day = 86_400_000;
const lookBackMilliseconds = 14 * day;
/** With the points that a trend needs at least, two days and a half. */
const wishedStep = day / 4;
/** Of the time that was looked at: nobody knows from three days what will be in a year. */
const mostAhead = 4;

export function createForecast({ read, tenantSince, now }: ForecastDependencies): Forecast {
  let ends = new Map<string, number>();
  return {
    async look(buckets) {
      const found = new Map<string, number>();
      const limited = buckets.flatMap(({ bucket, owner, quotaBytes }) =>
        quotaBytes === null ? [] : [{ bucket, owner, quotaBytes }],
      );
      for (const [owner, own] of Map.groupBy(limited, (bucket) => bucket.owner)) {
        const since = Date.parse((await tenantSince(owner)) ?? new Date(0).toISOString());
        for (const { bucket, quotaBytes } of own) {
          const span = { from: Math.max(since, now() - lookBackMilliseconds), to: now() };
          const end = endOf(bucket, quotaBytes, read, span);
          if (end !== null) found.set(bucket, end);
          // Others have their turn: a large fleet has hundreds of buckets.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      ends = found;
    },
    fullAt(bucket) {
      const end = ends.get(bucket);
      return end === undefined || end <= now() ? null : new Date(end).toISOString();
    },
  };
}

function endOf(
  bucket: string,
  quota: number,
  read: History["read"],
  span: { from: number; to: number },
): number | null {
  const { from, stepMilliseconds, series } = read({
    nameOf: (group) => (isBucket(group) && group.container === bucket ? bucket : undefined),
    columns: ["bucketBytes"],
    ...{ ...span, points: Math.max(1, (span.to - span.from) / wishedStep) },
  });
  const points = (series[0]?.columns["bucketBytes"]?.average ?? []).flatMap((value, step) =>
    // An average is of the middle of its step.
    value === null ? [] : [{ at: from + (step + 0.5) * stepMilliseconds, value }],
  );
  const [first, last] = [points[0], points.at(-1)];
  const left = secondsUntil(quota, points);
  if (first === undefined || last === undefined || left === null) return null;
  return left * 1000 > mostAhead * (last.at - first.at) ? null : last.at + left * 1000;
}
