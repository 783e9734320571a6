/**
 * Agents of many nodes in one process, for what they send: each has a WebSocket of its own, ten containers, and samples of
 * each second in batches. Arguments: the controller's port, the file of their certificates, how many connect.
 *
 * Each line of its input is answered by a line of JSON: `figures` by what happened since the last time, a node's name by
 * the times of the frames that it has sent.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { containerColumns, type Frame, nodeColumns } from "@berth/shared/metrics/samples";
import { connectPath } from "@berth/shared/protocol/enrolment";
import { protocolVersion } from "@berth/shared/protocol/version";
import { WebSocket } from "ws";

const containersOfNode = 10;
/** As the controller asks for while nobody looks. */
const batchSeconds = 5;
const betweenConnectsMs = 4;

interface Credentials {
  node: string;
  key: string;
  certificate: string;
}

const [port, file = "", count] = process.argv.slice(2);
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
  readonly #containers: string[];

  constructor({ node, key, certificate }: Credentials) {
    this.#node = node;
    this.#containers = Array.from({ length: containersOfNode }, (_, index) => `${node}-service${index}`);
    this.#socket = new WebSocket(`wss://127.0.0.1:${port}${connectPath}`, { ca, key, cert: certificate });
    this.#socket.on("open", () => this.#hello());
    this.#socket.on("message", (data: Buffer) =>
      this.#answer(JSON.parse(data.toString()) as { type: string; id?: string }),
    );
    this.#socket.on("pong", (data) => this.#answered(data.toString()));
    this.#socket.on("close", () => (closed += 1));
    this.#socket.on("error", () => undefined);
  }

  /** What was measured since the last time; then a ping, which is answered behind it. */
  sendBatch(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const now = Date.now();
    const times = Array.from({ length: batchSeconds }, (_, index) => now - (batchSeconds - 1 - index) * 1000);
    const batch = { containers: this.#containers, frames: times.map((at) => this.#frame(at)) };
    this.#socket.send(JSON.stringify({ type: "samples", batch }));
    const mark = `${performance.now()} ${this.#node}`;
    unanswered.add(mark);
    this.#socket.ping(mark);
    this.sentAt.push(...times);
    samples += times.length * (nodeColumns.length + containersOfNode * containerColumns.length);
  }

  /** A curve with noise on it: nothing about it compresses or repeats. */
  #frame(at: number): Frame {
    const wave = 1 + Math.sin(at / 30_000);
    const row = (columns: number, size: number): number[] =>
      Array.from({ length: columns }, (_, column) => {
        if (column === 0) return Math.round(wave * size * (5000 + Math.random() * 100)) / 1e4;
        return Math.round(wave * 1e6 * (size + column + Math.random()));
      });
    const containers = this.#containers.map((_, index) => row(containerColumns.length, (index + 1) / 10));
    return { at, node: row(nodeColumns.length, 1), containers };
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

  #answer({ type, id }: { type: string; id?: string }): void {
    if (type === "welcome") this.isWelcome = true;
    if (type !== "observe") return;
    const instances = this.#containers.map((instance) => {
      const running = { service: "n8n", tenant: this.#node, version: "2.41.1", hash: "hash", state: "healthy" };
      return { instance, ...running, drift: [], containers: [] };
    });
    this.#say({ type: "observation", id, observation: { instances, images: [], docker: "running" } });
  }

  #say(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }
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
  const delay = (running.size / Number(count)) * batchSeconds * 1000;
  setTimeout(() => setInterval(() => agent.sendBatch(), batchSeconds * 1000), delay);
  await pause(betweenConnectsMs);
}
