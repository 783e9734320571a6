/** A node for integration tests: a Docker engine, a controller and an agent's process, in a namespace of their own. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestController } from "./controller.ts";
import { startDocker, type TestDocker } from "./docker.ts";
import { makeNamespace, type Namespace } from "./namespace.ts";
import { eventually, type Running, start } from "./processes.ts";
import { startServiceManager } from "./service-manager.ts";

export interface TestNode {
  directory: string;
  stateDirectory: string;
  namespace: Namespace;
  docker: TestDocker;
  controller: TestController;
  controllerUrl: string;
  /** Runs a subcommand of the agent to its end. */
  runAgent(args: readonly string[]): Promise<{ code: number | null; output: string }>;
  enrol(token?: string): Promise<{ code: number | null; output: string }>;
  /** From its sources, or from another entry (a bundle), with flags for Node. */
  startAgent: (entry?: string, flags?: readonly string[]) => Running;
  stop(): Promise<void>;
}

export const nodeName = "user1";
const main = new URL("../main.ts", import.meta.url).pathname;
const relay = new URL("relay.ts", import.meta.url).pathname;

export async function startNode(): Promise<TestNode> {
  // Whatever fails half-way, what was started is stopped.
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "berth-agent-"));
  cleanup.defer(async () => rm(directory, { recursive: true, force: true }));
  const namespace = await makeNamespace();
  cleanup.defer(async () => namespace.remove());
  const docker = await startDocker(join(directory, "docker"), namespace);
  cleanup.defer(async () => docker.stop());
  const services = await startServiceManager(join(directory, "services"), docker);
  cleanup.defer(() => services.stop());
  const socketPath = join(directory, "controller.sock");
  const controller = await TestController.start(nodeName, socketPath);
  cleanup.defer(async () => controller.stop());
  const relaying = start(namespace.inside([process.execPath, relay, socketPath]));
  cleanup.defer(async () => relaying.kill("SIGTERM"));
  const port = Number(await eventually("the relay's port", () => relaying.output().trim() || null));
  const controllerUrl = `https://127.0.0.1:${port}`;
  const stateDirectory = join(directory, "state");
  const environment = {
    BERTH_AGENT_STATE: stateDirectory,
    BERTH_AGENT_INSTALL: join(directory, "install"),
    BERTH_REGISTRY_CERTIFICATES: join(directory, "certs.d"),
    DOCKER_SOCKET: docker.socket,
    PATH: services.path,
  };
  const agent = (args: readonly string[], entry = main, flags: readonly string[] = []): Running => {
    const running = start(namespace.inside([process.execPath, ...flags, entry, ...args]), environment);
    resources.defer(async () => {
      if (running.child.exitCode === null && running.child.signalCode === null) await running.kill("SIGKILL");
    });
    return running;
  };
  const runAgent = async (args: readonly string[]): Promise<{ code: number | null; output: string }> => {
    const running = agent(args);
    return { code: await running.exited, output: running.output() };
  };
  const resources = cleanup.move();
  return {
    directory,
    stateDirectory,
    namespace,
    docker,
    controller,
    controllerUrl,
    runAgent,
    enrol: async (token = controller.joinToken()) => {
      const file = join(directory, "token");
      await writeFile(file, `${token}\n`, { mode: 0o600 });
      return runAgent(["enrol", "--controller", controllerUrl, "--token-file", file]);
    },
    startAgent: (entry, flags) => agent(["run"], entry, flags),
    stop: async () => resources.disposeAsync(),
  };
}
