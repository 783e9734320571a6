/**
 * The demo without a lab: controller and agent as processes of this machine, one node and one tenant on its own Docker
 * engine, with the images of upstream.
 */
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createJoinToken } from "@berth/shared/api/nodes";
import { BerthError } from "@berth/shared/errors";
import { execa } from "execa";
import { runCommand, tryCommand } from "../host/command.ts";
import { isPresent } from "../host/files.ts";
import { findLongLived, startLongLived, stopLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";
import { ensureAccount, type DemoAccount } from "./account.ts";
import { runBerth } from "./cli.ts";
import { repository } from "./controller.ts";

const cli = join(repository, "packages/controller/dist/berth.mjs");
const agent = join(repository, "packages/agent/dist/agent.mjs");
const agentsPort = 8421;
/** Its label `berth.node`, by which `--down` finds what is the demo's. */
const node = "demo-local";

export interface LocalDemo {
  stateDirectory: string;
  socket: string;
  pageUrl: string;
  account: DemoAccount;
}

export interface LocalDemoOptions {
  pagePort: number;
  /** Passed on to `berth serve`, for machines without a way to the images' own registries. */
  registryMirror?: string;
  registryMirrorCa?: string;
}

function localStateDirectory(): string {
  return join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local/state"), "berth/demo-local");
}

/** Makes it, or what is missing of it. */
export async function localDemoUp(options: LocalDemoOptions): Promise<LocalDemo> {
  const stateDirectory = localStateDirectory();
  const gateway = await findGateway();
  for (const part of ["", "processes", "log"])
    await mkdir(join(stateDirectory, part), { recursive: true, mode: 0o700 });
  const socket = join(stateDirectory, "controller.sock");
  await ensureController(stateDirectory, socket, options);
  const account = await ensureAccount(socket, join(stateDirectory, "admin-password"));
  const demo = { stateDirectory, socket, pageUrl: `http://127.0.0.1:${options.pagePort}`, account };
  // The node first and alone: nothing can be placed before its agent is there.
  await applyText(demo, fleetHead(gateway), "ignore");
  await ensureAgent(demo, gateway);
  return demo;
}

/** Applies one node with one tenant; gives the exit code. */
export async function localDemoApply(demo: LocalDemo): Promise<number> {
  return applyText(demo, `${fleetHead(await findGateway())}${fleetServices}`, "inherit");
}

/** Ends the processes and removes the demo's containers, volumes and state. Images stay. */
export async function localDemoDown(): Promise<void> {
  const stateDirectory = localStateDirectory();
  for (const name of ["agent", "controller"]) await stopLongLived(stateDirectory, name);
  const ids = (await runCommand(["docker", "ps", "--all", "--quiet", "--filter", `label=berth.node=${node}`])).split(
    "\n",
  );
  const containers = ids.filter((id) => id !== "");
  if (containers.length > 0) await runCommand(["docker", "rm", "--force", ...containers]);
  for (const service of ["shared-postgres", "shared-redis", "user1-openwebui", "user1-n8n", "user1-flowise"]) {
    await tryCommand(["docker", "volume", "rm", "--force", `${service}-data`]);
  }
  await rm(stateDirectory, { recursive: true, force: true });
}

/** Address of this machine as containers of the default bridge see it. Also proof that a Docker engine answers. */
async function findGateway(): Promise<string> {
  if (process.platform !== "linux")
    throw new BerthError("host.unsupported", `Agents run on Linux, this is ${process.platform}`);
  const format = "{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}";
  const outcome = await tryCommand(["docker", "network", "inspect", "bridge", "--format", format]);
  // A gateway that Docker chose by itself is not told: it is the first address of the subnet.
  const [, gateway, first] = /^(\S*) (\d+\.\d+\.\d+)\.\d+\//.exec(outcome.stdout.trimEnd()) ?? [];
  if (outcome.exitCode === 0 && first !== undefined)
    return gateway !== undefined && gateway !== "" ? gateway : `${first}.1`;
  throw new BerthError("host.unsupported", "No Docker engine with the network 'bridge' answers on this machine", {
    hint: "Install and start Docker (your user needs access to its socket), then run `./berth demo --local` again.",
  });
}

async function ensureController(stateDirectory: string, socket: string, options: LocalDemoOptions): Promise<void> {
  if ((await findLongLived(stateDirectory, "controller")) === undefined) {
    const { registryMirror, registryMirrorCa, pagePort } = options;
    const parameters = [
      ...["--state", join(stateDirectory, "controller"), "--socket", socket],
      ...["--page", `127.0.0.1:${pagePort}`, "--agents", `127.0.0.1:${agentsPort}`],
      ...(registryMirror === undefined ? [] : ["--registry-mirror", registryMirror]),
      ...(registryMirrorCa === undefined ? [] : ["--registry-mirror-ca", registryMirrorCa]),
    ];
    await startLongLived({ name: "controller", argv: [process.execPath, cli, "serve", ...parameters], stateDirectory });
  }
  await waitFor({
    what: `The controller (see ${join(stateDirectory, "log/controller.log")})`,
    deadlineMs: 30_000,
    check: async () => ((await runBerth(socket, ["status", "--json"], {})).exitCode === 0 ? true : undefined),
  });
}

async function ensureAgent({ stateDirectory, socket }: LocalDemo, address: string): Promise<void> {
  const env = {
    BERTH_AGENT_STATE: join(stateDirectory, "agent"),
    BERTH_AGENT_INSTALL: join(stateDirectory, "agent-install"),
  };
  if (!(await isPresent(join(env.BERTH_AGENT_STATE, "identity.pem")))) {
    const { exitCode, stdout, stderr } = await runBerth(socket, ["node", "token", node, address, "--json"], {});
    if (exitCode !== 0) throw new BerthError("lab.failed", `No join token: ${stderr}`);
    const { token } = createJoinToken.response.parse(JSON.parse(stdout));
    const parameters = [agent, "enrol", "--controller", `https://127.0.0.1:${agentsPort}`];
    await execa(process.execPath, parameters, { input: token, env });
  }
  if ((await findLongLived(stateDirectory, "agent")) === undefined) {
    await startLongLived({ name: "agent", argv: [process.execPath, agent, "run"], stateDirectory, env });
  }
  await waitFor({
    what: `The agent (see ${join(stateDirectory, "log/agent.log")})`,
    deadlineMs: 30_000,
    intervalMs: 200,
    check: async () =>
      (await runBerth(socket, ["status", "--json"], {})).stdout.includes('"online"') ? true : undefined,
  });
}

async function applyText(
  { stateDirectory, socket }: LocalDemo,
  yaml: string,
  stdio: "inherit" | "ignore",
): Promise<number> {
  const file = join(stateDirectory, "fleet.yaml");
  await writeFile(file, yaml);
  await chmod(file, 0o600);
  const { exitCode } = await runBerth(socket, ["apply", file, "--yes"], { stdio });
  return exitCode ?? 1;
}

function fleetHead(address: string): string {
  return `# One node and one tenant on this machine's own Docker engine.
fleet: demo-local
domain: berth.localhost
controller: { address: 127.0.0.1 }
# The packet filter of this machine is not the demo's to change.
firewall: { enabled: false }
nodes:
  ${node}: { address: ${address}, ssh: false }
`;
}

const fleetServices = `tenants:
  user1: { node: ${node} }
services:
  shared:
    postgres: { node: ${node} }
    redis: { node: ${node} }
  tenant:
    openwebui:
    n8n:
    flowise:
`;
