/**
 * Agents of many nodes in one process, for what they send: each has a WebSocket of its own, ten containers, and samples of
 * each second in batches as the controller asks for them. Arguments: the controller's port, the file of their
 * certificates, how many connect, and for other containers the file of what runs on which node. Agents with that have
 * also sampled the last minutes, and the CPU of their node tells which frame it is of: the 137th says 0.37 cores.
 *
 * Each line of its input is answered by a line of JSON: `figures` by what happened since the last time, a node's name by
 * the times of the frames that it has sent.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { Observation } from "@berth/shared/protocol/state";
import { containerColumns, type Frame, nodeColumns } from "@berth/shared/metrics/samples";
import { connectPath } from "@berth/shared/protocol/enrolment";
import { protocolVersion } from "@berth/shared/protocol/version";
import { WebSocket } from "ws";

const containersOfNode = 10;
/** As the controller asks for while nobody looks. */
const calmBatchSeconds = 5;
/** What sparklines show. */
const pastSeconds = 300;
const betweenConnectsMs = 4;

/** Of nodes of which nothing is amiss: alerts would be most of what the page shows. */
const calm: Record<string, number> = {
  ...{ memoryLimitBytes: 2.5e7, swapBytes: 0, diskUsedBytes: 2e10, diskSizeBytes: 1e11 },
  ...{ cpuPressure: 0, memoryPressure: 0, ioPressure: 0, loadAverage: 0.5, processes: 12, cpuThrottled: 0 },
};

interface Credentials {
  node: string;
  key: string;
  certificate: string;
}

/** What runs on a node. */
interface SimulatedNode {
  node: string;
  tenant: string | null;
  instances: { name: string; containers: string[] }[];
}

const [port, file = "", count, layoutFile] = process.argv.slice(2);
const layout =
  layoutFile === undefined ? undefined : (JSON.parse(readFileSync(layoutFile, "utf8")) as readonly SimulatedNode[]);
const { ca, agents } = JSON.parse(readFileSync(file, "utf8")) as { ca: string; agents: Credentials[] };
/** Milliseconds from a batch until the controller has come to what was sent behind it. */
let lags: number[] = [];
/** When that was sent which has not been answered yet. */
const unanswered = new Set<string>();
let samples = 0;
let closed = 0;

class SimulatedAgent {
  readonly sentAt: number[] = [];
  isWelcome = false;
  readonly #node: string;
  readonly #socket: WebSocket;
  readonly #placed: SimulatedNode | undefined;
  readonly #containers: string[];
  #batchSeconds = calmBatchSeconds;
  #timer: NodeJS.Timeout | undefined;

  constructor({ node, key, certificate }: Credentials) {
    this.#node = node;
    this.#placed = layout?.find((one) => one.node === node);
    this.#containers =
      this.#placed?.instances.flatMap(({ containers }) => containers) ??
      Array.from({ length: containersOfNode }, (_, index) => `${node}-service${index}`);
    this.#socket = new WebSocket(`wss://127.0.0.1:${port}${connectPath}`, { ca, key, cert: certificate });
    this.#socket.on("open", () => this.#hello());
    this.#socket.on("message", (data: Buffer) =>
      this.#answer(JSON.parse(data.toString()) as { type: string; id?: string; batchSeconds?: number }),
    );
    this.#socket.on("pong", (data) => this.#answered(data.toString()));
    this.#socket.on("close", () => (closed += 1));
    this.#socket.on("error", () => undefined);
  }

  begin(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#sendBatch(this.#batchSeconds), this.#batchSeconds * 1000);
  }

  /** What was measured in the last seconds; then a ping, which is answered behind it. */
  #sendBatch(seconds: number): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const now = Date.now();
    const times = Array.from({ length: seconds }, (_, index) => now - (seconds - 1 - index) * 1000);
    const batch = { containers: this.#containers, frames: times.map((at) => this.#frame(at)) };
    this.#socket.send(JSON.stringify({ type: "samples", batch }));
    const mark = `${performance.now()} ${this.#node}`;
    unanswered.add(mark);
    this.#socket.ping(mark);
    samples += times.length * (nodeColumns.length + this.#containers.length * containerColumns.length);
  }

  /** A curve with noise on it: nothing about it compresses or repeats. */
  #frame(at: number): Frame {
    const wave = 1 + Math.sin(at / 30_000);
    const row = (columns: readonly string[], size: number): number[] =>
      columns.map((name, column) => {
        const steady = layout === undefined ? undefined : calm[name];
        if (steady !== undefined) return steady;
        if (column === 0) return Math.round(wave * size * (5000 + Math.random() * 100)) / 1e4;
        return Math.round(wave * 1e6 * (size + column + Math.random()));
      });
    const containers = this.#containers.map((_, index) => row(containerColumns, (index + 1) / 10));
    const node = row(nodeColumns, 1);
    const index = this.sentAt.push(at) - 1;
    if (layout !== undefined) node[0] = (index % 100) / 100;
    return { at, node, containers };
  }

  #answered(mark: string): void {
    unanswered.delete(mark);
    lags.push(ageOf(mark));
  }

  #hello(): void {
    const facts = {
      hostname: this.#node,
      os: "Debian GNU/Linux 12 (bookworm)",
      kernel: "6.1.0",
      architecture: "x64",
      cores: 2,
      memoryBytes: 4 * 1024 ** 3,
      dockerVersion: "20.10.24",
      cgroupVersion: 2,
    };
    const identity = { agentVersion: "0.1.0", node: this.#node, bootId: randomUUID() };
    this.#say({ type: "hello", protocol: protocolVersion, ...identity, clock: Date.now(), facts, journal: [] });
  }

  #answer({ type, id, batchSeconds }: { type: string; id?: string; batchSeconds?: number }): void {
    if (type === "welcome") {
      this.isWelcome = true;
      if (layout !== undefined) this.#sendBatch(pastSeconds);
    }
    if (type === "observe") this.#say({ type: "observation", id, observation: this.#observation() });
    if (type !== "sampling" || batchSeconds === undefined || batchSeconds === this.#batchSeconds) return;
    this.#batchSeconds = batchSeconds;
    if (this.#timer !== undefined) this.begin();
  }

  #observation(): Observation {
    const tenant = this.#placed?.tenant ?? (layout === undefined ? this.#node : null);
    const running = { service: "n8n", tenant, version: "2.41.1", hash: "hash", state: "healthy" as const };
    const placed = this.#placed?.instances ?? this.#containers.map((name) => ({ name, containers: [] }));
    const instances = placed.map(({ name, containers }) => {
      return { instance: name, ...running, drift: [], containers: containers.map(runningContainer) };
    });
    return { instances, images: [], docker: "running" };
  }

  #say(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }
}

const startedAt = new Date().toISOString();

function runningContainer(name: string): Observation["instances"][number]["containers"][number] {
  const image = "docker.io/n8nio/n8n:2.41.1";
  return { name, id: name, image, imageId: image, state: "running", startedAt, restarts: 0 };
}

function ageOf(mark: string): number {
  return performance.now() - Number.parseFloat(mark);
}

const running = new Map<string, SimulatedAgent>();

createInterface({ input: process.stdin }).on("line", (line) => {
  const agent = running.get(line);
  const welcome = [...running.values()].filter(({ isWelcome }) => isWelcome).length;
  const figures = { welcome, closed, samples, lags: [...lags, ...[...unanswered].map(ageOf)] };
  process.stdout.write(`${JSON.stringify(agent?.sentAt ?? figures)}\n`);
  if (agent !== undefined) return;
  lags = [];
  samples = 0;
});

for (const credentials of agents.slice(0, Number(count))) {
  const agent = new SimulatedAgent(credentials);
  running.set(credentials.node, agent);
  // Spread over the seconds of a batch, as those of a fleet are.
  const delay = (running.size / Number(count)) * calmBatchSeconds * 1000;
  setTimeout(() => agent.begin(), delay);
  await pause(betweenConnectsMs);
}
