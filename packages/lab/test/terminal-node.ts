/** For the page's terminal: hub, inventory and page of the controller, and a node with a real agent and Docker engine. */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "@berth/shared/api/accounts";
import Fastify from "fastify";
import { readConfig } from "../../agent/src/config.ts";
import { writeIdentity } from "../../agent/src/enrol/identity.ts";
import { startDocker, type TestDocker } from "../../agent/src/testing/docker.ts";
import { makeNamespace } from "../../agent/src/testing/namespace.ts";
import { eventually, start, type Running } from "../../agent/src/testing/processes.ts";
import { containerSpec, instanceSpec } from "../../agent/src/testing/specs.ts";
import { startHarness, type Harness } from "../../controller/src/agents/testing/harness.ts";
import { buildApp } from "../../controller/src/api/app.ts";
import { createExecUpgrade } from "../../controller/src/api/exec.ts";
import { idleDependencies } from "../../controller/src/api/testing/dependencies.ts";
import { putDesiredInstance } from "../../controller/src/inventory/instances.ts";
import { handleUpgrades } from "../../controller/src/serve/listeners.ts";
import { openExecSession } from "../../controller/src/serve/streams.ts";
import { buildPage } from "../../dashboard/test/build-page.ts";

const agentMain = new URL("../../agent/src/main.ts", import.meta.url).pathname;
const relay = new URL("../../agent/src/testing/relay.ts", import.meta.url).pathname;
const node = "user1";

export const instance = "user1-web";
/** A container of it that has no shell. */
export const bare = "user1-web-bare";

export interface TerminalNode {
  harness: Harness;
  docker: TestDocker;
  agent: Running;
  /** Of the page. Its accounts log in with their name for a token. */
  url: string;
  accounts: Record<string, Account>;
  stop: () => Promise<void>;
}

export async function startTerminalNode(): Promise<TerminalNode> {
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "berth-terminal-"));
  cleanup.defer(async () => rm(directory, { recursive: true, force: true }));
  const page = join(directory, "page");
  await buildPage(page);
  const harness = await startHarness();
  cleanup.defer(async () => harness.close());
  const accounts: Record<string, Account> = {
    otto: { name: "otto", role: "operator", tenant: null },
    vera: { name: "vera", role: "viewer", tenant: null },
  };
  const { url, close } = await servePage(page, harness, accounts);
  cleanup.defer(close);

  const namespace = await makeNamespace();
  cleanup.defer(async () => namespace.remove());
  const docker = await startDocker(join(directory, "docker"), namespace);
  cleanup.defer(async () => docker.stop());
  const socketPath = join(directory, "hub.sock");
  const stopBridge = await bridge(socketPath, harness.port);
  cleanup.defer(stopBridge);
  const relaying = start(namespace.inside([process.execPath, relay, socketPath]));
  cleanup.defer(async () => relaying.kill("SIGTERM"));
  const port = await eventually("the relay's port", () => relaying.output().trim() || null);

  const environment = {
    BERTH_AGENT_STATE: join(directory, "state"),
    BERTH_AGENT_INSTALL: join(directory, "install"),
    DOCKER_SOCKET: docker.socket,
  };
  await mkdir(environment.BERTH_AGENT_STATE);
  const { key, certificate } = await harness.enrol(node);
  const ca = harness.authority.caPem;
  await writeIdentity(readConfig(environment), { node, controller: `https://127.0.0.1:${port}`, ca, certificate, key });
  const agent = start(namespace.inside([process.execPath, agentMain, "run"]), environment);
  cleanup.defer(async () => {
    if (agent.child.exitCode === null && agent.child.signalCode === null) await agent.kill("SIGKILL");
  });
  await harness.hub.waitOnline(node, { timeoutMilliseconds: 30_000 });
  await makeInstance(harness, docker);
  const resources = cleanup.move();
  return { harness, docker, agent, url, accounts, stop: () => resources.disposeAsync() };
}

async function servePage(
  pageDirectory: string,
  { hub, inventory }: Harness,
  accounts: Record<string, Account>,
): Promise<{ url: string; close: () => Promise<void> }> {
  // Without an option of its own it logs nothing.
  const logger = Fastify().log;
  const access = { trusted: false, authenticate: async (token: string) => accounts[token] ?? null };
  const app = await buildApp(idleDependencies, { access, logger, pageDirectory, https: null });
  const openExec = openExecSession({ inventory, hub }, (error) => {
    throw error;
  });
  handleUpgrades(app, [createExecUpgrade(access, openExec)]);
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }), close: async () => app.close() };
}

/** From the Unix socket that the namespace's relay leads to, to the hub's port. */
async function bridge(path: string, port: number): Promise<() => Promise<void>> {
  const server = createServer((incoming) => {
    const outgoing = connect(port, "127.0.0.1");
    incoming.pipe(outgoing).pipe(incoming);
    const end = (): void => {
      incoming.destroy();
      outgoing.destroy();
    };
    for (const socket of [incoming, outgoing]) socket.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function makeInstance({ hub, inventory }: Harness, docker: TestDocker): Promise<void> {
  await docker.importImage("test/web:1", ["busybox", "httpd", "-f", "-p", "80", "-h", "/www"]);
  const own = containerSpec({ name: instance });
  const other = containerSpec({ name: bare, ports: [{ container: 80, host: 8081 }], volumes: [] });
  const input = instanceSpec({ instance, containers: [own, other] });
  await hub.dispatch({ node, id: randomUUID(), attempt: 1, kind: "instance.ensure", input, deadlineSeconds: 60 });
  const remove = await docker.client.getContainer(bare).exec({ Cmd: ["busybox", "rm", "/bin/sh"] });
  await remove.start({});
  await putDesiredInstance(inventory.database, {
    ...{ name: instance, service: "web", version: "1", node, tenant: node, ports: [8080, 8081], hash: input.hash },
  });
}
