/**
 * What one controller takes in: the real one, on one core, with simulated agents on the other that speak the protocol over
 * TLS with a certificate each. Ten containers a node, each second measured: 90 samples a second and node. No lab is needed.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { getSamples } from "@berth/shared/api/metrics";
import { BerthError } from "@berth/shared/errors";
import type { Bench } from "./fleet.ts";
import { cpuSeconds } from "./guest-processes.ts";
import { requestJson } from "./request.ts";
import { percentile, result, type BenchmarkResult } from "./result.ts";
import {
  type Enrolled,
  enrolNodes,
  freePort,
  type Simulator,
  startController,
  startSimulator,
  stop,
  waitForController,
} from "./simulated-agents.ts";

/** The one that the goals are about, and what comes before and behind it. */
const wanted = 2000;
const levels = [500, 1000, wanted, 3000, 4000] as const;
const connectMs = 180_000;
/** Until what a connection costs is over. */
const settleMs = 15_000;
const measuredMs = 30_000;
const askedNodes = 25;
/** What was sent later may still be on its way. */
const arrivedMs = 10_000;

interface Level {
  agents: number;
  /** Seconds until all were welcome. */
  connected: number;
  samplesPerSecond: number;
  /** Share of a core. */
  controller: number;
  simulator: number;
  /** Milliseconds, at the 99th percentile. */
  lag: number;
  /** At its peak. */
  bytes: number;
  lost: number;
  /** Connections that ended. */
  closed: number;
}

export async function benchmarkIngest({ say }: Pick<Bench, "say">): Promise<BenchmarkResult[]> {
  const directory = await mkdtemp(join(tmpdir(), "berth-bench-ingest-"));
  try {
    say(`ingest: ${Math.max(...levels)} nodes are enrolled`);
    const prepared = await enrolNodes(directory, Math.max(...levels));
    const curve: Level[] = [];
    for (const agents of levels) {
      const level = await measureLevel(directory, prepared, agents);
      curve.push(level);
      say(`ingest: ${describe(level)}`);
      if (!isWell(level)) break;
    }
    return results(curve);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function results(curve: readonly Level[]): BenchmarkResult[] {
  const level = curve.find(({ agents }) => agents === wanted) ?? curve.at(-1);
  if (level === undefined) throw new BerthError("lab.failed", "Nothing was measured");
  const best = curve.filter(isWell).at(-1)?.agents ?? 0;
  const first = curve.find((one) => !isWell(one));
  const limit = first === undefined ? "more were not tried" : `with ${first.agents} ${whatBreaks(first)}`;
  const detail = describe(level);
  return [
    result({
      name: "ingest-lag",
      value: level.lag / 1000,
      unit: "s at the 99th percentile",
      goal: 1,
      better: "lower",
      detail,
    }),
    result({
      name: "ingest-memory",
      value: level.bytes / 1e6,
      unit: "MB at its peak",
      goal: 512,
      better: "lower",
      detail,
    }),
    result({
      name: "ingest-lost",
      value: level.lost,
      unit: "frames lost",
      goal: 0,
      better: "lower",
      detail: `of ${askedNodes} nodes, each asked for what it had sent`,
    }),
    result({
      name: "ingest-agents",
      value: best,
      unit: "agents on one core",
      goal: wanted,
      better: "higher",
      detail: limit,
    }),
  ];
}

function isWell({ lag, lost, closed }: Level): boolean {
  return lag < 1000 && lost === 0 && closed === 0;
}

function whatBreaks({ lag, lost, closed, controller, simulator }: Level): string {
  const core =
    simulator > 0.9
      ? "the simulated agents take all of their own core"
      : `the controller takes ${percent(controller)} of its core`;
  return `the lag is ${(lag / 1000).toFixed(1)} s, ${lost} frames are lost and ${closed} connections ended: ${core}`;
}

function describe({ agents, connected, samplesPerSecond, controller, lag, bytes }: Level): string {
  const rate = `${Math.round(samplesPerSecond / 1000)} 000 samples a second`;
  const cost = `${percent(controller)} of a core, ${Math.round(bytes / 1e6)} MB`;
  return `${agents} agents, ${rate}: ${cost}, lag ${Math.round(lag)} ms; all connected within ${connected.toFixed(0)} s`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

async function measureLevel(directory: string, prepared: Enrolled, agents: number): Promise<Level> {
  const port = await freePort();
  const doors = { socket: join(directory, "controller.sock"), page: `unix:${join(directory, "page.sock")}`, port };
  const controller = startController(prepared.state, doors, 0);
  const begun = performance.now();
  let simulator: Simulator | undefined;
  try {
    await waitForController(doors.socket);
    const connecting = performance.now();
    simulator = startSimulator([String(port), prepared.agents, String(agents)], 1);
    await simulator.welcome(agents, connectMs);
    const connected = (performance.now() - connecting) / 1000;
    await pause(settleMs);
    const figures = await measureSteady(controller, simulator);
    const lost = await countLost(doors.socket, simulator, agents, performance.now() - begun);
    return { agents, connected, ...figures, lost };
  } finally {
    await simulator?.stop();
    await stop(controller);
  }
}

async function measureSteady(controller: ChildProcess, simulator: Simulator) {
  const pids = [controller.pid ?? 0, simulator.pid] as const;
  await simulator.figures();
  const before = await Promise.all(pids.map(cpuSeconds));
  const begun = performance.now();
  await pause(measuredMs);
  const seconds = (performance.now() - begun) / 1000;
  const after = await Promise.all(pids.map(cpuSeconds));
  const { samples, lags, closed } = await simulator.figures();
  const share = (index: number): number => ((after[index] ?? 0) - (before[index] ?? 0)) / seconds;
  return {
    samplesPerSecond: samples / seconds,
    controller: share(0),
    simulator: share(1),
    lag: percentile(lags, 0.99),
    closed,
    bytes: await peakBytes(controller.pid ?? 0),
  };
}

/** Frames that a node has sent, and that the controller does not give when it is asked for them. */
async function countLost(socketPath: string, simulator: Simulator, agents: number, elapsedMs: number): Promise<number> {
  let lost = 0;
  for (let index = 0; index < askedNodes; index += 1) {
    const node = `node${1 + Math.floor((index / askedNodes) * agents)}`;
    const sent = await simulator.sentBy(node);
    const now = Date.now();
    const path = `${getSamples.path}?node=${node}&seconds=60`;
    const answer = getSamples.response.parse(await requestJson({ socketPath, method: "GET", path }));
    const known = new Set(answer.nodes.flatMap(({ frames }) => frames.map(({ at }) => at)));
    const from = now - Math.min(measuredMs, elapsedMs);
    lost += sent.filter((at) => at > from && at < now - arrivedMs && !known.has(at)).length;
  }
  return lost;
}

/** The most memory that the process has had. */
async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
