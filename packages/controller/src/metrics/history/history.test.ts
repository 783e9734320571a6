import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { second, start } from "./testing/samples.ts";
import { day, hour, minute, type Point, readNode, useWorld } from "./testing/world.ts";

const world = useWorld();

/** Minutes from `start` on, with a peak of one second in each. */
function record(from: number, minutes: number): void {
  for (let at = from; at < from + minutes * minute; at += 1000) {
    world.history.add(second(at, (at / 1000) % 60 === 7 ? 9 : 1));
  }
}

describe("what is read", () => {
  it("has the average and the peak of each step", () => {
    record(start, 10);
    world.pass(10 * minute);
    const points = readNode(world, { from: start, to: start + 10 * minute });
    expect(points).toHaveLength(60);
    expect(points[0]).toEqual({ at: start, average: 1.8, maximum: 9 });
    expect(points[1]).toEqual({ at: start + 10_000, average: 1, maximum: 1 });
  });

  it("is the same whether it is pending, in the journal or in blocks", async () => {
    record(start, 90);
    world.pass(90 * minute);
    const read = () =>
      readNode(world, { from: start, to: start + 2 * hour }).map(({ at, average, maximum }) => [
        ...[at, average.toFixed(2), maximum],
      ]);
    const pending = read();
    expect(pending).toHaveLength(540);
    world.history.flush();
    expect(read()).toEqual(pending);
    world.pass(3 * hour);
    await world.history.keepHouse();
    expect(read()).toEqual(pending);
    await world.reopen("closed");
    expect(read()).toEqual(pending);
  });

  it("loses no peak in coarser resolutions", async () => {
    record(start, 60);
    world.history.flush();
    world.pass(5 * hour);
    await world.history.keepHouse();
    world.pass(30 * day);
    const points = readNode(world, { from: start, to: start + hour });
    expect(points.map(({ maximum }) => maximum)).toEqual([9, 9, 9, 9]);
    expect(points[0]?.average).toBeCloseTo(68 / 60, 3);
  });

  it("has a gap where nothing was measured", () => {
    record(start, 1);
    record(start + 5 * minute, 1);
    const points = readNode(world, { from: start, to: start + 6 * minute });
    expect(points.map(({ at }) => (at - start) / 10_000)).toEqual([0, 1, 2, 3, 4, 5, 30, 31, 32, 33, 34, 35]);
  });

  it("adds up what goes by the same name", () => {
    world.history.add(second(start, 1, { container: "user1-n8n" }));
    world.history.add(second(start, 2, { container: "user1-flowise", node: "user2" }));
    const { series } = world.history.read({
      nameOf: ({ container }) => (container.startsWith("user1-") ? "user1" : undefined),
      columns: ["cpuCores", "processes"],
      ...{ from: start, to: start + 10_000, points: 1 },
    });
    expect(series).toEqual([
      {
        name: "user1",
        columns: { cpuCores: { average: [3], maximum: [3] }, processes: { average: [30], maximum: [30] } },
      },
    ]);
  });

  it("comes from memory, second by second, when the span is short", () => {
    const frames = Array.from({ length: 60 }, (_, index) => second(start + index * 1000, index).frames).flat();
    world.recent = [{ ...second(start, 0), frames }];
    // Which node it is of is known from what is stored.
    world.history.add(second(start, 0));
    world.pass(minute);
    const points = readNode(world, { from: start, to: start + minute, points: 30 });
    expect(points.slice(0, 2)).toEqual([
      { at: start, average: 0.5, maximum: 1 },
      { at: start + 2000, average: 2.5, maximum: 3 },
    ]);
  });
});

/** What a history that keeps everything would answer. */
function expected(samples: ReadonlyMap<number, number>, step: number): Point[] {
  const steps = Map.groupBy(samples, ([at]) => Math.floor(at / step) * step);
  return [...steps]
    .map(([at, values]) => {
      const numbers = values.map(([, value]) => value);
      return {
        at,
        average: numbers.reduce((sum, one) => sum + one, 0) / numbers.length,
        maximum: Math.max(...numbers),
      };
    })
    .toSorted((one, other) => one.at - other.at);
}

/** As docs/metrics.md states it: 0.1 %, and of a CPU a thousandth of a core. */
function toleranceOf(value: number): number {
  return value * 0.001 + 0.001;
}

const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ at: fc.integer({ min: 0, max: 7200 }), value: fc.double({ min: 0, max: 64, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom("flush", "fold", "restart") },
);

it("holds what it was given, whatever the order of arrival and whenever it is written, folded and started anew", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 60 }), async (events) => {
      world.now = start + 6 * hour;
      world.settings = { ...world.settings, resolutions: [10, 60, 900].map((seconds) => ({ seconds, days: 30 })) };
      const node = `node-${Math.random()}`;
      const samples = new Map<number, number>();
      for (const what of events) {
        if (what === "flush") world.history.flush();
        else if (what === "fold") await world.history.keepHouse();
        else if (what === "restart") await world.reopen("closed");
        else if (!samples.has(start + what.at * 1000)) {
          samples.set(start + what.at * 1000, what.value);
          world.history.add(second(start + what.at * 1000, what.value, { node }));
        }
      }
      const nameOf = (group: { node: string; container: string }) =>
        group.node === node && group.container === "" ? node : undefined;
      for (const seconds of [10, 60, 900]) {
        const answer = world.history.read({
          ...{ nameOf, columns: ["cpuCores"], from: start, to: start + 3 * hour, points: (3 * 3600) / seconds },
        });
        const curve = answer.series[0]?.columns["cpuCores"];
        const wanted = expected(samples, seconds * 1000);
        const found = (curve?.average ?? []).flatMap((average, step) =>
          average === null
            ? []
            : [{ at: start + step * seconds * 1000, average, maximum: curve?.maximum[step] ?? NaN }],
        );
        expect(found.map(({ at }) => at)).toEqual(wanted.map(({ at }) => at));
        for (const [index, { average, maximum }] of wanted.entries()) {
          expect(Math.abs((found[index]?.average ?? NaN) - average)).toBeLessThanOrEqual(toleranceOf(average));
          expect(Math.abs((found[index]?.maximum ?? NaN) - maximum)).toBeLessThanOrEqual(toleranceOf(maximum));
        }
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);

describe("time", () => {
  it("takes back-fill of two hours at once", async () => {
    record(start, 120);
    world.pass(2 * hour);
    expect(readNode(world, { from: start, to: start + 2 * hour })).toHaveLength(720);
  });

  it("forgets what is older than its resolution is kept, and nodes that are gone with it", async () => {
    record(start, 1);
    world.history.flush();
    world.pass(3 * hour);
    await world.history.keepHouse();
    world.pass(3 * day);
    await world.history.keepHouse();
    expect(world.history.status().resolutions.map(({ since }) => since === null)).toEqual([true, false, false]);
    world.pass(30 * day);
    await world.history.keepHouse();
    expect(world.history.status().resolutions.map(({ since }) => since === null)).toEqual([true, true, false]);
    world.pass(400 * day);
    await world.history.keepHouse();
    expect(world.history.status().resolutions.every(({ since }) => since === null)).toBe(true);
    expect(readNode(world, { from: start, to: world.now, points: 100 })).toEqual([]);
  });

  it("throws nothing away because the clock jumped ahead, and goes on when it comes back", async () => {
    record(start, 10);
    world.history.flush();
    world.pass(3 * hour);
    await world.history.keepHouse();
    world.now += 1000 * day;
    record(world.now, 1);
    world.history.flush();
    await world.history.keepHouse();
    world.now -= 1000 * day;
    record(world.now, 1);
    world.history.flush();
    await world.history.keepHouse();
    expect(readNode(world, { from: start, to: world.now + minute })).toHaveLength(66);
  });

  it("reaches back to the first value, also when that is long after a block's beginning", async () => {
    const since = () => world.history.status().resolutions.map((one) => one.since);
    const begin = start + 3 * day + 17 * minute;
    world.pass(begin - start);
    record(begin, 40);
    world.pass(40 * minute);
    world.history.flush();
    world.pass(3 * hour);
    const before = since();
    await world.history.keepHouse();
    expect(since()).toEqual(before);
    expect(since()).toEqual(Array.from({ length: 3 }, () => "2026-11-27T12:17:00.000Z"));
    // The finest are kept for a day, the others for longer: of minutes is known when the first quarter began.
    record(begin + 5 * day, 1);
    world.pass(5 * day);
    world.history.flush();
    await world.history.keepHouse();
    expect(since()).toEqual(["2026-12-02T12:17:00.000Z", ...["2026-11-27T12:17:00.000Z", "2026-11-27T12:17:00.000Z"]]);
  });

  it("keeps to other resolutions when the fleet says so", async () => {
    record(start, 10);
    world.settings = { ...world.settings, resolutions: [{ seconds: 30, days: 2 }] };
    world.history.flush();
    record(start + 10 * minute, 10);
    world.pass(3 * hour);
    world.history.flush();
    await world.history.keepHouse();
    const points = readNode(world, { from: start, to: start + hour });
    expect(points).toHaveLength(40);
    expect(world.history.status().resolutions).toMatchObject([
      { seconds: 30, days: 2, since: "2026-11-24T12:00:00.000Z" },
    ]);
  });
});
