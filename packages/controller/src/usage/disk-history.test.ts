/** From what an agent tells of its disks, over a real connection, to what the API tells of their past, in a real file. */
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { BerthError } from "@berth/shared/errors";
import { defaultHistory } from "@berth/shared/fleet/metrics";
import { type Fleet, fleetSchema } from "@berth/shared/fleet/schema";
import type { FileSystem } from "@berth/shared/protocol/disks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakeAgent } from "../agents/testing/fake-agent.ts";
import { type Credentials, type Harness, startHarness } from "../agents/testing/harness.ts";
import { until } from "../agents/testing/within.ts";
import type { HistoryApi, HistoryQuestion } from "../api/history.ts";
import { putDesiredInstance } from "../inventory/instances.ts";
import { putTenant } from "../inventory/tenants.ts";
import { startOf } from "../metrics/history/gathered.ts";
import { type History, openHistory } from "../metrics/history/history.ts";
import { createHistoryApi } from "../serve/history.ts";
import { diskHoldings } from "./disk-holdings.ts";
import { createRecorder, type Recorder } from "./record.ts";

const quarter = 15 * 60_000;
const gibibyte = 1024 ** 3;
const start = startOf(Date.now(), quarter);
const directory = mkdtempSync(join(tmpdir(), "berth-disk-history-"));
const failures: unknown[] = [];

let harness: Harness;
let credentials: Credentials;
let history: History;
let recorder: Recorder;
let api: HistoryApi;

function fleetOf(): Fleet {
  return fleetSchema.parse({
    ...{ fleet: "test", domain: "example.org", controller: { address: "10.0.6.1" } },
    nodes: { both: { address: "10.0.6.11" } },
    tenants: { user1: { node: "both" }, user2: { node: "both" } },
  });
}

function open(): History {
  const quiet = () => undefined;
  return openHistory({
    file: join(directory, "metrics.sqlite"),
    settings: () => defaultHistory,
    recent: () => [],
    recentSince: quiet,
    logger: { info: quiet, warn: quiet, error: quiet },
    clock: harness.clock,
    isTimed: false,
  });
}

function openApi(): HistoryApi {
  return createHistoryApi(history, harness.inventory, fleetOf, () => harness.clock.now());
}

beforeAll(async () => {
  harness = await startHarness();
  credentials = await harness.enrol("both");
  for (const tenant of ["user1", "user2"]) {
    await putTenant(harness.inventory.database, { name: tenant, node: "both" });
    const instance = {
      name: `${tenant}-n8n`,
      node: "both",
      tenant,
      service: "n8n",
      version: "1",
      hash: "h",
      ports: [],
    };
    await putDesiredInstance(harness.inventory.database, instance);
  }
  history = open();
  recorder = createRecorder({
    read: () => Promise.reject(new BerthError("not-found", "There is no fleet yet")),
    disks: (now) => {
      const { hub } = harness;
      return diskHoldings(hub.disks(), { isOnline: (node) => hub.connection(node)?.state === "online", now });
    },
    add: (at, holdings) => history.addHoldings(at, holdings),
    onFailure: (error) => failures.push(error),
    now: () => harness.clock.now(),
  });
  api = openApi();
});

afterAll(async () => {
  recorder?.close();
  await history?.close();
  await harness?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** In the midst of a quarter of an hour, so that a test that takes a while stays in it. */
async function recordIn(step: number): Promise<void> {
  harness.clock.offset = start + step * quarter + 300_000 - Date.now();
  await recorder.record();
}

interface Told {
  models: number | null;
  volumes: [name: string, instance: string | null, gibibytes: number | null][];
}

async function tell(agent: FakeAgent, { models, volumes }: Told): Promise<void> {
  const fileSystem = (mountpoint: string, used: number | null): FileSystem => ({
    ...{ mountpoint, device: "/dev/sda1", type: "ext4", readOnly: false, inodes: null },
    ...{ usedBytes: used === null ? null : used * gibibyte, sizeBytes: used === null ? null : 64 * gibibyte },
  });
  agent.send({ type: "filesystems", fileSystems: [fileSystem("/", 8), fileSystem("/mnt/models", models)] });
  agent.send({
    type: "volumes",
    volumes: volumes.map(([name, instance, gibibytes]) => ({
      ...{ name, instance, bytes: gibibytes === null ? null : gibibytes * gibibyte },
      measuredAt: gibibytes === null ? null : Date.now(),
    })),
  });
  await agent.settled();
  const known = () => harness.hub.disks("both")[0];
  await until(() => known()?.volumes.length === volumes.length && known()?.fileSystems.length === 2, "what it told");
}

async function ask(change: Partial<HistoryQuestion>) {
  const { series } = await api.read({
    ...{ kind: "node", name: "both", by: "container", instances: null, only: null, points: 4 },
    ...{ columns: ["fileSystemUsedBytes", "fileSystemSizeBytes", "volumeBytes"] },
    ...{ from: start, to: start + 4 * quarter, ...change },
  });
  const inGibibytes = (value: number | null) => (value === null ? null : Number((value / gibibyte).toFixed(2)));
  return Object.fromEntries(
    series.flatMap(({ name, columns }) =>
      Object.entries(columns).map(([column, { average }]) => [`${name} ${column}`, average.map(inGibibytes)]),
    ),
  );
}

const ofUser1 = { "user1-n8n-data volumeBytes": [1, 2, null, 3] };
const ofNode = {
  "/ fileSystemSizeBytes": [64, 64, null, 64],
  "/ fileSystemUsedBytes": [8, 8, null, 8],
  "/mnt/models fileSystemSizeBytes": [64, null, null, 64],
  "/mnt/models fileSystemUsedBytes": [20, null, null, 30],
};
const ofAll = {
  ...{ ...ofNode, ...ofUser1 },
  "user2-n8n-data volumeBytes": [null, 5, null, 5],
  // It was removed while the node was away.
  "by-hand volumeBytes": [0.5, 0.5, null, null],
};

test("disks fill, a node is away, a volume comes and one goes: no gap is a zero, and nothing old is new", async () => {
  await recordIn(-1);
  const first = await FakeAgent.join(harness, credentials);
  await recordIn(0);
  const byHand = ["by-hand", null, 0.5] as [string, null, number];
  const user2 = (gibibytes: number | null): Told["volumes"][number] => ["user2-n8n-data", "user2-n8n", gibibytes];
  await tell(first, { models: 20, volumes: [["user1-n8n-data", "user1-n8n", 1], byHand, user2(null)] });
  await recordIn(0);
  harness.clock.offset += quarter;
  // The share of models does not answer for a while.
  await tell(first, { models: null, volumes: [["user1-n8n-data", "user1-n8n", 2], byHand, user2(5)] });
  await recordIn(1);
  first.cut();
  await until(() => harness.hub.connection("both")?.state === "offline", "the end of the connection");
  expect(harness.hub.disks("both")).toHaveLength(1);
  await recordIn(2);
  harness.clock.offset += quarter;
  const second = await FakeAgent.join(harness, credentials);
  await tell(second, { models: 30, volumes: [["user1-n8n-data", "user1-n8n", 3], user2(5)] });
  await recordIn(3);
  expect(await ask({})).toEqual(ofAll);
  expect(failures).toEqual([]);
});

test("tenants and instances have their own volumes, and an account nobody else's", async () => {
  expect(await ask({ kind: "tenant", name: "user1" })).toEqual(ofUser1);
  expect(await ask({ kind: "instance", name: "user1-n8n" })).toEqual(ofUser1);
  expect(await ask({ kind: "instance", name: "user1-n8n", instances: new Set(["user2-n8n"]) })).toEqual({});
  // Of a node that is its own.
  expect(await ask({ instances: new Set(["user1-n8n"]) })).toEqual({ ...ofNode, ...ofUser1 });
});

test("some of them alone, or all added up", async () => {
  expect(await ask({ only: new Set(["user1-n8n-data"]) })).toEqual(ofUser1);
  expect(await ask({ by: "sum", columns: ["volumeBytes"] })).toEqual({ "both volumeBytes": [1.5, 7.5, null, 8] });
});

test("is the same after all of it was written, folded and read again by another process", async () => {
  history.flush();
  harness.clock.offset += 96 * quarter;
  await history.keepHouse();
  await history.close();
  history = open();
  api = openApi();
  expect(await ask({})).toEqual(ofAll);
});
