/** On this process's own control groups, with an engine that says what a test wants of its containers. */
import {
  type Row,
  containerColumns,
  containerValue,
  type SampleBatch,
  sampleBatchSchema,
} from "@berth/shared/metrics/samples";
import { maxMessageBytes } from "@berth/shared/protocol/messages";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ContainerDetails } from "../docker/engine.ts";
import { labels } from "../docker/labels.ts";
import type { Log } from "../log.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { Batch } from "./batch.ts";
import { ContainerMeter } from "./container-meter.ts";
import { NodeMeter } from "./node-meter.ts";
import { Sampler } from "./sampler.ts";

const noSuchProcess = 2 ** 22 + 1;

let engine: FakeEngine;
let sampler: Sampler;
let batches: SampleBatch[];
const warn = vi.fn();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date", "performance"] });
  engine = new FakeEngine();
  batches = [];
  sampler = new Sampler({
    engine,
    node: new NodeMeter(),
    log: { warn } as unknown as Log,
    onBatch: (batch) => batches.push(batch),
  });
  sampler.start();
  sampler.set({ intervalSeconds: 1, batchSeconds: 5 });
});
afterEach(() => {
  sampler.stop();
  warn.mockReset();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function run(name: string, { pid = process.pid, own = false } = {}): void {
  const details = { id: name, name, pid, state: "running", labels: own ? { [labels.instance]: name } : {} };
  engine.containers.set(name, details as unknown as ContainerDetails & { hostPorts: number[] });
}

/** Lets what the engine was asked come in. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    vi.advanceTimersByTime(1000);
    await settled();
  }
}

async function start(name: string, options?: { pid?: number; own?: boolean }): Promise<void> {
  run(name, options);
  sampler.onEvent({ action: "start", id: name, name } as never);
  await settled();
}

function die(name: string): void {
  engine.containers.delete(name);
  sampler.onEvent({ action: "die", id: name, name } as never);
}

const measured = (batch: SampleBatch | undefined, name: string) =>
  batch?.frames.map(({ containers }) => containers[batch.containers.indexOf(name)] !== null);

it("has containers that come and go in one batch, each where it was measured", async () => {
  run("stays");
  sampler.onRunning();
  await settled();
  await pass(2);
  await start("comes");
  await pass(2);
  die("stays");
  await pass(2);
  expect(batches).toHaveLength(1);
  expect(sampleBatchSchema.parse(batches[0])).toEqual(batches[0]);
  expect(batches[0]?.frames.every(({ containers }) => containers.length === 2)).toBe(true);
  expect(measured(batches[0], "stays")).toEqual([true, true, true, false, false]);
  expect(measured(batches[0], "comes")).toEqual([false, false, true, true, true]);
});

describe("a container that is born and dies within a second", () => {
  it("is forgotten, also when its end is told before Docker has said what it is", async () => {
    const closed = vi.spyOn(ContainerMeter.prototype, "close");
    const { promise, resolve } = Promise.withResolvers<void>();
    const inspect = engine.inspectContainer.bind(engine);
    vi.spyOn(engine, "inspectContainer").mockImplementation(async (id) => {
      const details = await inspect(id);
      await promise;
      return details;
    });
    run("brief");
    sampler.onEvent({ action: "start", id: "brief", name: "brief" } as never);
    await settled();
    die("brief");
    resolve();
    await settled();
    expect(closed).toHaveBeenCalledTimes(1);
    await pass(7);
    expect(batches.map(({ containers }) => containers)).toEqual([[]]);
  });

  it("costs no word in the log and no batch of its own, a thousand times", async () => {
    await pass(1);
    for (let count = 0; count < 1000; count += 1) {
      await start(`brief-${count}`, { pid: noSuchProcess });
      die(`brief-${count}`);
      if (count % 100 === 0) await pass(1);
    }
    expect(warn).not.toHaveBeenCalled();
    expect(batches.map(({ containers }) => containers)).toEqual([[], []]);
  });
});

describe("more containers than a batch may have", () => {
  it("has the first of them measured, instances before others, and says so once", async () => {
    for (let index = 0; index < 1200; index += 1) run(`c${index}`, { own: index >= 1100 });
    sampler.onRunning();
    await settled();
    while (engine.containers.size > 0 && batches.length === 0) await pass(1);
    const batch = sampleBatchSchema.parse(batches.at(-1));
    expect(batch.containers).toHaveLength(1000);
    expect(batch.containers.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, index) => `c${1100 + index}`));
    expect(warn.mock.calls).toEqual([
      [{ running: 1200, measured: 1000 }, "not all containers are sampled: too many run"],
    ]);
    expect(batch.running).toBe(1200);
    for (let index = 0; index < 300; index += 1) die(`c${index}`);
    batches = [];
    while (batches.length < 3) await pass(1);
    expect(batches.at(-1)?.containers).toHaveLength(900);
    expect(batches.at(-1)?.containers).toContain("c1099");
    expect(batches.at(-1)).not.toHaveProperty("running");
  });

  it("has an instance measured that is started when there are too many already", async () => {
    for (let index = 0; index < 1000; index += 1) run(`foreign${index}`);
    sampler.onRunning();
    await settled();
    await start("foreign1000");
    await start("user1-n8n", { own: true });
    while (batches.length < 2) await pass(1);
    const { containers, running } = sampleBatchSchema.parse(batches.at(-1));
    expect(containers).toHaveLength(1000);
    expect(containers[0]).toBe("user1-n8n");
    expect(containers).not.toContain("foreign1000");
    expect(running).toBe(1002);
  });

  it("never makes a message that no controller takes, however long one is to be collected", () => {
    const batch = new Batch();
    const longest = -1.234_567_890_123_456_7e-100;
    const row = containerColumns.map(() => longest);
    const rows = new Map(Array.from({ length: 1000 }, (_, index) => [`${index}`.padEnd(200, "x"), row]));
    while (!batch.isFull) batch.add(Date.now(), row, rows);
    const message = JSON.stringify({ type: "samples", batch: batch.take() });
    expect(message.length).toBeGreaterThan(maxMessageBytes / 2);
    expect(Buffer.byteLength(message)).toBeLessThan(maxMessageBytes);
  });
});

it.each([-3_600_000, 3_600_000])(
  "goes on when the clock jumps by %i ms, with the rates that there were",
  async (jump) => {
    run("busy");
    sampler.onRunning();
    await settled();
    await pass(3);
    // What this process uses meanwhile is little, and more than an hour would make of it.
    const spin = (): void => {
      const until = process.cpuUsage().user + 30_000;
      while (process.cpuUsage().user < until);
    };
    vi.setSystemTime(Date.now() + jump);
    for (let second = 0; second < 4; second += 1) {
      spin();
      await pass(1);
    }
    expect(batches).toHaveLength(1);
    const used = batches[0]?.frames.map(({ containers: [row] }) => containerValue(row as Row, "cpuCores")) ?? [];
    expect(used.slice(2).every((cores) => cores > 0.02)).toBe(true);
  },
);
