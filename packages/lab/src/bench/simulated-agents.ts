/** The real controller with simulated agents, without a lab: what `bench ingest` and `bench page` begin with. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { BerthError } from "@berth/shared/errors";
import { execa } from "execa";
import * as z from "zod";
import { controllerProgram, repository } from "../demo/controller.ts";
import { waitFor } from "../host/wait.ts";
import { requestJson } from "./request.ts";

export interface Enrolled {
  /** The controller's state directory. */
  state: string;
  /** File of the agents' certificates. */
  agents: string;
}

/** The state of a controller that knows so many nodes, node1 and so on, with a certificate for each. */
export async function enrolNodes(directory: string, count: number): Promise<Enrolled> {
  const script = join(repository, "packages/controller/src/agents/testing/enrol-many.ts");
  const enrolled = { state: join(directory, "state"), agents: join(directory, "agents.json") };
  await execa(process.execPath, [script, enrolled.state, String(count), enrolled.agents]);
  return enrolled;
}

export interface Doors {
  /** Unix socket: trusted. */
  socket: string;
  /** `unix:PATH`, or an address of loopback with a port. */
  page: string;
  /** For agents. */
  port: number;
}

/** `core`: the one it is kept on; left out: any. */
export function startController(state: string, { socket, page, port }: Doors, core?: number): ChildProcess {
  const options = ["--state", state, "--configuration", dirname(socket), "--socket", socket];
  const doors = ["--page", page, "--agents", `127.0.0.1:${port}`];
  return startNode([controllerProgram, "serve", ...options, ...doors], "ignore", core);
}

export async function waitForController(socketPath: string): Promise<void> {
  await waitFor({
    what: "The controller's socket",
    deadlineMs: 60_000,
    check: async () =>
      (await requestJson({ socketPath, method: "GET", path: "/api/status" }).catch(() => undefined)) !== undefined ||
      undefined,
  });
}

const figuresSchema = z.object({ welcome: z.int(), closed: z.int(), samples: z.number(), lags: z.array(z.number()) });

export interface Simulator {
  pid: number;
  figures(): Promise<z.output<typeof figuresSchema>>;
  welcome(agents: number, deadlineMs: number): Promise<void>;
  /** The times of the frames that the node has sent. */
  sentBy(node: string): Promise<number[]>;
  stop(): Promise<void>;
}

/** `parameters`: see peer/agents.ts. */
export function startSimulator(parameters: readonly string[], core?: number): Simulator {
  const child = startNode([join(import.meta.dirname, "peer/agents.ts"), ...parameters], "pipe", core);
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const ended = once(child, "exit").then(() => {
    throw new BerthError("lab.failed", "The simulated agents ended before they were asked to");
  });
  // Told to whoever asks; nobody may.
  ended.catch(() => undefined);
  const ask = async (line: string): Promise<unknown> => {
    const answer = once(lines, "line", { signal: AbortSignal.timeout(60_000) });
    child.stdin?.write(`${line}\n`);
    const [text]: unknown[] = await Promise.race([answer, ended]);
    return JSON.parse(String(text));
  };
  const figures = async () => figuresSchema.parse(await ask("figures"));
  return {
    pid: child.pid ?? 0,
    figures,
    welcome: async (agents, deadlineMs) =>
      waitFor({
        what: `${agents} agents to be welcome`,
        deadlineMs,
        intervalMs: 250,
        check: async () => ((await figures()).welcome === agents ? true : undefined),
      }).then(() => undefined),
    sentBy: async (node) => z.array(z.number()).parse(await ask(node)),
    stop: async () => stop(child),
  };
}

function startNode(argv: readonly string[], output: "pipe" | "ignore", core?: number): ChildProcess {
  const [program = "", ...parameters] = [
    ...(core === undefined ? [] : ["taskset", "--cpu-list", String(core)]),
    process.execPath,
    ...argv,
  ];
  const environment = { ...process.env, BERTH_LOG_LEVEL: "error" };
  return spawn(program, parameters, { stdio: [output, output, "inherit"], env: environment });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await ended;
  clearTimeout(timer);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new BerthError("lab.failed", "There is no free port");
  return address.port;
}
