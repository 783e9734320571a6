import { expect, test, vi } from "vitest";
import { start } from "../metrics/history/testing/samples.ts";
import { day, hour, minute, useWorld } from "../metrics/history/testing/world.ts";
import { createForecast, type Forecast } from "./forecast.ts";

const world = useWorld();
const gibibyte = 1024 ** 3;

interface Grown {
  days: number;
  /** Bytes, so many days after the start. */
  bytes: (days: number) => number;
  quota?: number | null;
  /** Days after the start at which the tenant was taken in. */
  since?: number;
}

async function grown({ days, bytes, quota = 20 * gibibyte, since = 0 }: Grown): Promise<Forecast> {
  for (let at = start; at <= start + days * day; at += hour) {
    const values = { bucketBytes: bytes((at - start) / day), objects: 1 };
    world.history.addHoldings(at, [{ kind: "bucket", name: "user1-uploads", owner: "user1", values }]);
    if ((at - start) % day === 0) world.history.flush();
  }
  world.pass(days * day);
  const forecast = createForecast({
    read: world.history.read,
    tenantSince: async () => new Date(start + since * day).toISOString(),
    now: () => world.now,
  });
  await forecast.look([{ bucket: "user1-uploads", owner: "user1", quotaBytes: quota }]);
  return forecast;
}

async function daysLeft(how: Grown): Promise<number | null> {
  const at = (await grown(how)).fullAt("user1-uploads");
  return at === null ? null : (Date.parse(at) - world.now) / day;
}

test("tells when a bucket that grows evenly is full", async () => {
  expect(await daysLeft({ days: 8, bytes: (days) => (2 + days) * gibibyte })).toBeCloseTo(10, 1);
});

test("tells of what lies as far ahead as it can know, and of no more", async () => {
  expect(await daysLeft({ days: 3, bytes: (days) => (2 + days) * gibibyte })).toBeNull();
});

test.each<[string, Grown]>([
  ["has no quota", { days: 8, bytes: (days) => days * gibibyte, quota: null }],
  ["does not grow", { days: 8, bytes: () => gibibyte }],
  ["shrinks", { days: 8, bytes: (days) => (10 - days) * gibibyte }],
  ["grew by one large upload", { days: 8, bytes: (days) => (days < 7.5 ? 1 : 15) * gibibyte }],
  ["fills and empties again", { days: 8, bytes: (days) => (1 + (days % 2)) * 8 * gibibyte }],
  ["is not known for long", { days: 1, bytes: (days) => (18 + days) * gibibyte }],
  ["was another one's but for a day", { days: 8, bytes: (days) => (2 + days) * gibibyte, since: 7 }],
  ["is full", { days: 8, bytes: (days) => (14 + days) * gibibyte }],
])("tells nothing of one that %s", async (_, how) => expect(await daysLeft(how)).toBeNull());

test("says nothing of a moment that has passed, nor of what it does not know", async () => {
  const forecast = await grown({ days: 8, bytes: (days) => (2 + days) * gibibyte });
  expect(forecast.fullAt("user2-uploads")).toBeNull();
  world.pass(9 * day + 20 * hour);
  expect(forecast.fullAt("user1-uploads")).not.toBeNull();
  world.pass(5 * hour + minute);
  expect(forecast.fullAt("user1-uploads")).toBeNull();
});

test("asks once for each tenant with a quota when it was taken in, however many buckets it has", async () => {
  const tenantSince = vi.fn(async () => null);
  const read = vi.fn(world.history.read);
  const forecast = createForecast({ read, tenantSince, now: () => world.now });
  const buckets = ["user1", "user2", "user3"].flatMap((owner) =>
    Array.from({ length: 4 }, (_, index) => ({
      ...{ bucket: `${owner}-${index}`, owner, quotaBytes: owner === "user3" || index === 0 ? null : gibibyte },
    })),
  );
  await forecast.look(buckets);
  expect(tenantSince.mock.calls).toEqual([["user1"], ["user2"]]);
  expect(read).toHaveBeenCalledTimes(6);
});
