import { expect, it } from "vitest";
import { Pending } from "./pending.ts";
import { second, start } from "./testing/samples.ts";

const most = { ofGroup: 360, ofAll: 250_000 };

it("has each moment write a share of the groups, those that wait longest, until none is left", () => {
  const pending = new Pending(10_000, most);
  for (let node = 0; node < 50; node += 1) pending.add(second(start, 1, { node: `node${node}` }), node < 25 ? 0 : 40);
  expect(pending.due(-1, { share: 0.05, least: 1, steps: 10_000 })).toEqual([]);
  const first = pending.due(30, { share: 0.1, least: 1, steps: 10_000 });
  expect(first).toHaveLength(10);
  pending.remove(first);
  let beats = 1;
  for (; pending.due(100, { share: 0.1, least: 5, steps: 10_000 }).length > 0; beats += 1)
    pending.remove(pending.due(100, { share: 0.1, least: 5, steps: 10_000 }));
  expect(pending.groups()).toEqual([]);
  expect(beats).toBeLessThanOrEqual(18);
});

it("splits what lies in several hours, so that each hour can be folded by itself", () => {
  const pending = new Pending(10_000, most);
  for (const at of [start - 1000, start, start + 3_600_000]) pending.add(second(at, 1), 0);
  expect(pending.of("user1", "user1-n8n").map(({ gathered }) => gathered.from)).toEqual([
    start - 10_000,
    start,
    start + 3_600_000,
  ]);
});

it("has one moment write no more than so many steps, but one group at least", () => {
  const pending = new Pending(10_000, most);
  for (let step = 0; step < 10; step += 1) {
    for (const node of ["one", "two"]) pending.add(second(start + step * 10_000, 1, { node }), 0);
  }
  expect(pending.due(0, { share: 1, least: 64, steps: 30 })).toHaveLength(3);
  expect(pending.due(0, { share: 1, least: 64, steps: 1 })).toHaveLength(1);
});

it("holds no more steps however many groups there are, and of each the newest", () => {
  const pending = new Pending(10_000, { ofGroup: 360, ofAll: 1000 });
  const nodes = Array.from({ length: 50 }, (_, index) => `node${index}`);
  for (let step = 0; step < 400; step += 1) {
    for (const node of nodes) pending.add(second(start + step * 10_000, 1, { node }), 0);
    expect(pending.steps).toBeLessThanOrEqual(1001);
  }
  for (const node of nodes) {
    const [entry] = pending.of(node, "").slice(-1);
    expect(entry?.gathered.length).toBe(10);
    expect(entry?.gathered.stepOf(start + 399 * 10_000)).toBe(9);
  }
  pending.remove(pending.groups());
  expect(pending.steps).toBe(0);
});

it("averages each column over the samples in which it was measured", () => {
  const pending = new Pending(10_000, most);
  const rows = [
    [1, 100, 1000],
    [2, null, 2000],
    [null, 300, 6000],
  ];
  const containers = [{ name: "user1-n8n", instance: "user1-n8n" }];
  const frames = rows.map((row, index) => ({ at: start + index * 1000, node: [], containers: [row] }));
  pending.add({ node: "user1", containers, frames }, 0);
  const [{ gathered } = expect.fail("nothing is pending")] = pending.of("user1", "user1-n8n");
  const found = [...gathered.curves].map(([column, curve]) => {
    return [column, gathered.average(curve, 0), curve.most[0], curve.weight[0]];
  });
  expect(gathered.counts).toEqual(Float64Array.of(3));
  expect(found).toEqual([
    ["cpuCores", 1.5, 2, 2],
    ["memoryBytes", 200, 300, 2],
    ["memoryLimitBytes", 3000, 6000, 3],
  ]);
});

it("takes columns that come later into a step that has begun, and averages each over what was measured of it", () => {
  const pending = new Pending(3_600_000, most);
  const group = { node: "/database", container: "user1_n8n", instance: "user1-n8n" };
  const told: Record<string, number>[] = [
    { databaseBytes: 10 },
    { databaseBytes: 20, "rows:flows": 4 },
    { "rows:flows": 8 },
    { databaseBytes: 60, "rows:flows": 6, "rows:messages": 1 },
  ];
  told.forEach((values, index) => pending.addValues(group, start + index * 1000, values, 0));
  const [{ gathered } = expect.fail("nothing is pending")] = pending.of("/database", "user1_n8n");
  expect(gathered.counts).toEqual(Float64Array.of(4));
  expect([...gathered.curves].map(([column, curve]) => [column, gathered.average(curve, 0), curve.most[0]])).toEqual([
    ["databaseBytes", 30, 60],
    ["rows:flows", 6, 8],
    ["rows:messages", 1, 1],
  ]);
  expect([...pending.columns()]).toEqual(["databaseBytes", "rows:flows", "rows:messages"]);
});
