/** What stores and disks held, in the history. */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { HistoryFile } from "./history-file.ts";
import { isHolding, nodeOfHolding } from "./holding.ts";
import type { Group } from "./pending.ts";
import { second, start } from "./testing/samples.ts";
import { day, hour, minute, useWorld } from "./testing/world.ts";

const world = useWorld();
const mebibyte = 1024 ** 2;
const quarter = 15 * minute;

/** As the store is asked: every five minutes, of a database that grows by a MiB each time. */
function record(from: number, to: number, { database = "user1_n8n", owner = "user1-n8n" } = {}): void {
  for (let at = from; at < to; at += 5 * minute) {
    const times = (at - start) / (5 * minute);
    world.history.addHoldings(at, [
      {
        ...{ kind: "database", name: database, owner },
        values: { databaseBytes: (100 + times) * mebibyte, "rows:executions": 10 * times },
      },
    ]);
  }
}

interface Asked {
  columns: string[];
  from?: number;
  to?: number;
  points?: number;
  nameOf?: (group: Group) => string;
}

function read({ columns, from = start, to = start + hour, points = 600, nameOf = () => "all" }: Asked) {
  return world.history.read({ columns, from, to, points, nameOf });
}

const averages = (asked: Asked) =>
  Object.entries(read(asked).series[0]?.columns ?? {}).map(([column, { average }]) => [column, average]);

const grown = [101, 104, 107, 110].map((mebibytes) => Number((mebibytes * mebibyte).toPrecision(5)));

it("is the same whether it is pending, in the journal, in blocks or read after a kill -9", async () => {
  record(start, start + hour);
  world.pass(hour);
  const { stepMilliseconds, resolutionMilliseconds } = read({ columns: ["databaseBytes"] });
  expect([stepMilliseconds, resolutionMilliseconds]).toEqual([quarter, quarter]);
  const sizes = () => averages({ columns: ["databaseBytes"] })[0]?.[1] as number[];
  const isGrown = () => sizes().forEach((size, index) => expect(size / (grown[index] ?? 0)).toBeCloseTo(1, 3));
  expect(sizes()).toHaveLength(4);
  isGrown();
  world.history.flush();
  await world.reopen("dropped");
  isGrown();
  world.pass(3 * hour);
  await world.history.keepHouse();
  isGrown();
  world.pass(300 * day);
  expect(sizes()).toHaveLength(4);
  isGrown();
});

it("is in no step finer than the stores are asked, whatever is asked for with it", () => {
  record(start, start + hour);
  for (let at = start; at < start + hour; at += 10_000) world.history.add(second(at, 1));
  world.pass(hour);
  const nameOf = (group: Group) => (isHolding(group) ? group.container : group.node);
  const both = read({ columns: ["cpuCores", "databaseBytes"], points: 3600, nameOf });
  expect(both.stepMilliseconds).toBe(quarter);
  // Neither has a curve of what it cannot have.
  expect(both.series.map(({ name, columns }) => [name, Object.keys(columns)])).toEqual([
    ["user1", ["cpuCores"]],
    ["user1_n8n", ["databaseBytes"]],
  ]);
  expect(read({ columns: ["cpuCores"], points: 360 }).stepMilliseconds).toBe(10_000);
});

it("has a gap, and no zero, where no store was asked or it gave no answer", () => {
  record(start, start + quarter);
  record(start + 3 * quarter, start + hour);
  world.pass(hour);
  const [[, sizes] = []] = averages({ columns: ["databaseBytes"] });
  expect((sizes as (number | null)[]).map((size) => size === null)).toEqual([false, true, true, false]);
});

it("tells an empty database from none", () => {
  world.history.addHoldings(start, [{ kind: "collection", name: "vectors", owner: "user1", values: { points: 0 } }]);
  world.pass(hour);
  expect(averages({ columns: ["points", "objects", "bucketBytes"] })).toEqual([["points", [0, null, null, null]]]);
});

it("adds up databases, and has each count of rows under its own name", () => {
  record(start, start + hour);
  record(start, start + hour, { database: "user1_flowise", owner: "user1-flowise" });
  world.history.addHoldings(start, [
    { kind: "database", name: "user1_flowise", owner: "user1-flowise", values: { "rows:flows": 3 } },
  ]);
  world.pass(hour);
  const found = Object.fromEntries(averages({ columns: ["databaseBytes", "rows"] }));
  expect(Object.keys(found)).toEqual(["databaseBytes", "rows:executions", "rows:flows"]);
  expect(found["rows:executions"]).toEqual([20, 80, 140, 200]);
  expect(found["rows:flows"]).toEqual([3, null, null, null]);
  expect((found["databaseBytes"] as number[])[0]).toBeCloseTo(2 * 101 * mebibyte, -5);
  // What there is none of takes no room, however much of it is asked for.
  expect(averages({ columns: ["rows:made-up"] })).toEqual([]);
  expect(averages({ columns: ["rows:flows"] })).toEqual([["rows:flows", [3, null, null, null]]]);
});

it("has what is on disks by their node and owner, in curves of its own", () => {
  const volume = { kind: "volume", name: "data", owner: "user1-n8n" } as const;
  world.history.addHoldings(start, [
    { ...volume, node: "user1", values: { volumeBytes: 4096 } },
    { ...volume, node: "user2", values: { volumeBytes: 1024 } },
    { ...volume, node: "user1", owner: "", values: { volumeBytes: 512 } },
    ...[{ kind: "file-system", name: "/", owner: "", node: "user1", values: { fileSystemUsedBytes: 2048 } } as const],
  ]);
  world.pass(hour);
  const columns = ["volumeBytes", "fileSystemUsedBytes", "fileSystemSizeBytes", "databaseBytes"];
  const apart = read({ columns, nameOf: (group) => [nodeOfHolding(group), group.instance, group.container].join(" ") });
  expect(
    apart.series.map(({ name, columns: own }) => [name, Object.keys(own), Object.values(own)[0]?.average[0]]),
  ).toEqual([
    ["user1  /", ["fileSystemUsedBytes"], 2048],
    ["user1  data", ["volumeBytes"], 512],
    ["user1 user1-n8n data", ["volumeBytes"], 4096],
    ["user2 user1-n8n data", ["volumeBytes"], 1024],
  ]);
  // Of what could not have any of the columns, nothing is read.
  const asked: string[] = [];
  const nameOf = (group: Group) => (asked.push(group.container), "all");
  expect(averages({ columns: ["fileSystemUsedBytes"], nameOf })).toEqual([
    ["fileSystemUsedBytes", [2048, null, null, null]],
  ]);
  expect(read({ columns: ["points"] }).series).toEqual([]);
});

it("takes a column that comes later, in the same group, before and after it is written", () => {
  const one = { kind: "database", name: "user1_n8n", owner: "user1-n8n" } as const;
  world.history.addHoldings(start, [{ ...one, values: { databaseBytes: 10 } }]);
  world.history.addHoldings(start + 5 * minute, [{ ...one, values: { "rows:flows": 2, databaseBytes: 20 } }]);
  world.pass(hour);
  const expected = [
    ["databaseBytes", [15, null, null, null]],
    ["rows:flows", [2, null, null, null]],
  ];
  expect(averages({ columns: ["databaseBytes", "rows"] })).toEqual(expected);
  world.history.flush();
  expect(averages({ columns: ["databaseBytes", "rows"] })).toEqual(expected);
});

it("is forgotten when it is too old, and a damaged file costs it and nothing else", async () => {
  record(start, start + hour);
  world.history.flush();
  world.pass(3 * hour);
  await world.history.keepHouse();
  world.pass(420 * day);
  await world.history.keepHouse();
  expect(read({ columns: ["databaseBytes"] }).series).toEqual([]);
  await world.history.close();
  writeFileSync(world.file, "This is no database. ".repeat(500));
  await world.reopen("dropped");
  world.history.addHoldings(world.now, [{ kind: "bucket", name: "b", owner: "user1", values: { objects: 4 } }]);
  world.history.flush();
  const asked = { columns: ["objects"], from: world.now - quarter, to: world.now + quarter };
  expect(averages(asked).map(([column]) => column)).toEqual(["objects"]);
  expect(world.history.status().setAside).not.toBeNull();
});

it("takes less than thirty bytes a day for a volume, of many that stand still", async () => {
  world.settings = { ...world.settings, resolutions: [{ seconds: 900, days: 396 }] };
  const [days, volumes] = [20, 20];
  const sizes = Array.from({ length: volumes }, (_, index) => (index + 1) ** 2 * mebibyte);
  for (let at = start; at < start + days * day; at += 5 * minute) {
    // Measured each quarter of an hour: one goes up and down, three grow now and then, in the manner of a die.
    if ((at - start) % quarter === 0) {
      sizes[0] = mebibyte + (((at / quarter) * 7919) % 1009) * 4096;
      for (const index of [1, 2, 3]) sizes[index] = (sizes[index] ?? 0) + (((at / quarter) * index) % 5 < 2 ? 8192 : 0);
    }
    const holdings = sizes.map((volumeBytes, index) => {
      return { kind: "volume", name: `v${index}`, owner: "", node: "user1", values: { volumeBytes } } as const;
    });
    world.history.addHoldings(at, holdings);
    world.now = at;
    if ((at - start) % (6 * hour) !== 0) continue;
    world.history.flush();
    await world.history.keepHouse();
  }
  world.pass(3 * hour);
  world.history.flush();
  await world.history.keepHouse();
  await world.history.close();
  const file = new HistoryFile(world.file);
  const blocks = file.groups().flatMap(({ id }) => file.blocks(id, quarter, { from: 0, to: start + days * day }));
  const bytes = blocks.reduce((sum, { data }) => sum + data.length, 0);
  file.close();
  expect(blocks.length).toBeGreaterThanOrEqual(2 * volumes);
  expect(bytes).toBeLessThan(30 * days * volumes);
}, 60_000);

it("takes less than three bytes for each value and quarter of an hour, with its average and maximum", async () => {
  world.settings = { ...world.settings, resolutions: [{ seconds: 900, days: 396 }] };
  const days = 20;
  let executions = 0;
  for (let at = start; at < start + days * day; at += 5 * minute) {
    // Nobody grows evenly: 0 to 12 executions in five minutes, in the manner of a die.
    executions += (at / minute) % 7 < 4 ? (at / minute) % 13 : 0;
    const values = { databaseBytes: 9e6 + executions * 12_288, "rows:executions": executions, "rows:workflows": 12 };
    world.history.addHoldings(at, [{ kind: "database", name: "user1_n8n", owner: "user1-n8n", values }]);
    world.now = at;
    if ((at - start) % (6 * hour) !== 0) continue;
    world.history.flush();
    await world.history.keepHouse();
  }
  await world.history.close();
  const file = new HistoryFile(world.file);
  const blocks = file.blocks(file.groups()[0]?.id ?? 0, quarter, { from: 0, to: start + days * day });
  const bytes = blocks.reduce((sum, { data }) => sum + data.length, 0);
  file.close();
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(3 * 3 * days * 96);
}, 60_000);
