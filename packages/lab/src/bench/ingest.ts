/**
 * What one controller takes in: the real one, on one core, with simulated agents on the other that speak the protocol over
 * TLS with a certificate each. Ten containers a node, each second measured: 90 samples a second and node. No lab is needed.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { getSamples } from "@berth/shared/api/metrics";
import { BerthError } from "@berth/shared/errors";
import { execa } from "execa";
import * as z from "zod";
import { waitFor } from "../host/wait.ts";
import { controllerProgram, repository } from "../demo/controller.ts";
import type { Bench } from "./fleet.ts";
import { cpuSeconds } from "./guest-processes.ts";
import { requestJson } from "./request.ts";
import { result, type BenchmarkResult } from "./result.ts";

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
    const script = join(repository, "packages/controller/src/agents/testing/enrol-many.ts");
    const prepared = { state: join(directory, "state"), agents: join(directory, "agents.json") };
    await execa(process.execPath, [script, prepared.state, String(Math.max(...levels)), prepared.agents]);
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

async function measureLevel(
  directory: string,
  prepared: { state: string; agents: string },
  agents: number,
): Promise<Level> {
  const port = await freePort();
  const socket = join(directory, "controller.sock");
  const options = ["--state", prepared.state, "--configuration", directory, "--socket", socket];
  const doors = ["--page", `unix:${join(directory, "page.sock")}`, "--agents", `127.0.0.1:${port}`];
  const controller = startOn(0, [controllerProgram, "serve", ...options, ...doors], "ignore");
  const begun = performance.now();
  let simulator: Simulator | undefined;
  try {
    await waitFor({
      what: "The controller's socket",
      deadlineMs: 60_000,
      check: async () =>
        (await requestJson({ socketPath: socket, method: "GET", path: "/api/status" }).catch(() => undefined)) !==
          undefined || undefined,
    });
    const connecting = performance.now();
    simulator = startSimulator(port, prepared.agents, agents);
    await simulator.welcome(agents);
    const connected = (performance.now() - connecting) / 1000;
    await pause(settleMs);
    const figures = await measureSteady(controller, simulator);
    const lost = await countLost(socket, simulator, agents, performance.now() - begun);
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

const figuresSchema = z.object({ welcome: z.int(), closed: z.int(), samples: z.number(), lags: z.array(z.number()) });

interface Simulator {
  pid: number;
  figures(): Promise<z.output<typeof figuresSchema>>;
  welcome(agents: number): Promise<void>;
  sentBy(node: string): Promise<number[]>;
  stop(): Promise<void>;
}

function startSimulator(port: number, file: string, agents: number): Simulator {
  const program = join(import.meta.dirname, "peer/agents.ts");
  const child = startOn(1, [program, String(port), file, String(agents)], "pipe");
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const ask = async (line: string): Promise<unknown> => {
    const answer = once(lines, "line", { signal: AbortSignal.timeout(60_000) });
    child.stdin?.write(`${line}\n`);
    const [text]: unknown[] = await answer;
    return JSON.parse(String(text));
  };
  const figures = async () => figuresSchema.parse(await ask("figures"));
  return {
    pid: child.pid ?? 0,
    figures,
    welcome: async (count) =>
      waitFor({
        what: `${count} agents to be welcome`,
        deadlineMs: connectMs,
        intervalMs: 250,
        check: async () => ((await figures()).welcome === count ? true : undefined),
      }).then(() => undefined),
    sentBy: async (node) => z.array(z.number()).parse(await ask(node)),
    stop: async () => stop(child),
  };
}

/** A process of Node on one core of this machine. */
function startOn(core: number, argv: readonly string[], output: "pipe" | "ignore"): ChildProcess {
  const environment = { ...process.env, BERTH_LOG_LEVEL: "error" };
  return spawn("taskset", ["--cpu-list", String(core), process.execPath, ...argv], {
    stdio: [output, output, "inherit"],
    env: environment,
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await ended;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new BerthError("lab.failed", "There is no free port");
  return address.port;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.POSITIVE_INFINITY;
}

/** The most memory that the process has had. */
async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
