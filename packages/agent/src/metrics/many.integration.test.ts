/** Five hundred containers on one node: real control groups and processes; only the engine that lists them is stood in. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containerValue, type SampleBatch, sampleBatchSchema } from "@berth/shared/metrics/samples";
import { maxMessageBytes } from "@berth/shared/protocol/messages";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ContainerDetails } from "../docker/engine.ts";
import type { Log } from "../log.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { eventually } from "../testing/processes.ts";
import { directoryOf, readNodeCgroups } from "./cgroup-paths.ts";
import { NodeMeter } from "./node-meter.ts";
import { Sampler } from "./sampler.ts";

const count = 500;
const busy = "c250";
const seconds = 10;
/** Of one core of a slow machine: as much again goes to whatever else the tests' process does. */
const mostCores = 0.15;

const { mounts } = readNodeCgroups();
const controllers = mounts.version === 2 ? [""] : ["cpuacct", "cpu", "memory", "blkio", "pids"];
const directories = [
  ...new Set(controllers.flatMap((controller) => directoryOf(mounts, new Map([[controller, "/"]]), controller) ?? [])),
].map((directory) => join(directory, `berth-many-${process.pid}`));
const pids = new Map<string, number>();
let shell: ChildProcess | undefined;

beforeAll(async () => {
  const script = `for i in $(seq ${count - 1}); do sleep 1000 & echo $!; done; while :; do :; done & echo $!; wait`;
  // A process group of its own ends as one.
  shell = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  let said = "";
  shell.stdout?.on("data", (data: Buffer) => (said += data.toString()));
  const started = await eventually("the processes", () => {
    const found = said.trim().split("\n").map(Number);
    return found.length === count ? found : null;
  });
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  // The last one is the busy one.
  const order = [...names.filter((name) => name !== busy), busy];
  for (const [index, name] of order.entries()) {
    const pid = started[index] ?? 0;
    for (const directory of directories) {
      mkdirSync(join(directory, name), { recursive: true });
      writeFileSync(join(directory, name, "cgroup.procs"), `${pid}`);
    }
    pids.set(name, pid);
  }
});

afterAll(async () => {
  if (shell?.pid !== undefined) process.kill(-shell.pid, "SIGKILL");
  await eventually("the processes to end", () => [...pids.values()].every((pid) => isGone(pid)));
  for (const directory of directories) {
    if (!existsSync(directory)) continue;
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory())
        await eventually(`${entry.name} to be empty`, () => removed(join(directory, entry.name)));
    }
    rmdirSync(directory);
  }
});

function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
}

/** The kernel lets go of a control group a moment after its last process. */
function removed(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}

it("five hundred containers are each measured every second, for a small share of a core, in messages of bounded size", async () => {
  const engine = new FakeEngine();
  for (const [name, pid] of pids) {
    const details = { id: name, name, pid, state: "running", labels: {} };
    engine.containers.set(name, details as unknown as ContainerDetails & { hostPorts: number[] });
  }
  const batches: SampleBatch[] = [];
  const warnings: unknown[] = [];
  const log = { warn: (...line: unknown[]) => warnings.push(line) } as unknown as Log;
  const sampler = new Sampler({ engine, node: new NodeMeter(), log, onBatch: (batch) => batches.push(batch) });
  sampler.set({ intervalSeconds: 1, batchSeconds: 1 });
  sampler.onRunning();
  await eventually("the first whole batch", () => batches.some(({ containers }) => containers.length === count));
  batches.length = 0;
  const before = process.cpuUsage();
  await eventually("the seconds", () => batches.length >= seconds);
  const { user, system } = process.cpuUsage(before);
  const cores = (user + system) / 1e6 / batches.length;
  sampler.stop();
  expect(warnings).toEqual([]);
  expect(cores).toBeLessThan(mostCores);
  for (const batch of batches) {
    expect(sampleBatchSchema.parse(batch).containers).toHaveLength(count);
    expect(JSON.stringify(batch).length * 5).toBeLessThan(maxMessageBytes / 8);
    expect(batch.frames.every(({ containers }) => containers.every((row) => row !== null))).toBe(true);
  }
  const used = (name: string) =>
    batches.map(({ containers, frames: [frame] }) => {
      return containerValue(frame?.containers[containers.indexOf(name)] ?? [], "cpuCores");
    });
  expect(Math.max(...used(busy))).toBeGreaterThan(0.2);
  for (const name of pids.keys()) if (name !== busy) expect(Math.max(...used(name))).toBeLessThan(0.01);
});
