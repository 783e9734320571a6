/** Carries an install plan out on a host, and waits until its agent is online. */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { BerthError } from "@berth/shared/errors";
import { inPhase } from "../../runs/phases.ts";
import type { Progress } from "../progress.ts";
import type { Download, Downloads } from "./downloads.ts";
import type { Host } from "./host.ts";
import { type InstallStep, planInstall } from "./plan.ts";
import { parseProbe, type Probe } from "./probe.ts";
import type { Architecture } from "./runtime.ts";
import { unitHash } from "./unit.ts";

export interface AgentAccess {
  /** Where agents reach the controller: https://host:port */
  controllerUrl: () => string;
  /** SHA-256 of the certificate of the controller's CA, hex. */
  caFingerprint: () => string;
  createJoinToken: (request: { node: string; validSeconds: number }) => Promise<{ token: string }>;
  /** @throws BerthError node.offline when it is not online in time */
  waitOnline: (node: string, options: { timeoutMilliseconds: number; signal: AbortSignal }) => Promise<unknown>;
}

export interface EnsureAgentOptions {
  node: string;
  downloads: Downloads;
  access: AgentAccess;
}

const shortMilliseconds = 60_000;
const transferMilliseconds = 600_000;
const packageMilliseconds = 600_000;
const tokenSeconds = 600;
const onlineMilliseconds = 30_000;
/** An agent that waits before its next try to connect is sooner online when it is started again. */
const patienceMilliseconds = 10_000;

/** An agent that has all that is wanted and is online is left alone; one that is not online is started again. */
export async function ensureAgent(
  host: Host,
  options: EnsureAgentOptions,
  progress: Progress,
): Promise<{ installed: boolean; version: string }> {
  const { node, downloads, access } = options;
  const probe = parseProbe(await read(host, "read_facts; print_facts", "say what it is"), host.place);
  progress.log(
    `${host.place} runs ${probe.os_name} on ${probe.architecture}, Docker ${probe.docker_version ?? "absent"}`,
  );
  const wanted = {
    node,
    runtime: downloads.runtime,
    bundle: downloads.agent.sha256,
    unit: unitHash(),
    caFingerprint: access.caFingerprint(),
    clock: Math.round(Date.now() / 1000),
  };
  const { steps, warnings } = planInstall(probe, wanted, host.place);
  for (const warning of warnings) progress.log(warning);
  const performing = performers(host, options, probe, progress);
  for (const step of steps) {
    progress.signal.throwIfAborted();
    await inPhase(progress.phases, { name: "install", target: step }, performing[step]);
  }
  const wait = () => waitOnline(host, options, steps, progress);
  await inPhase(progress.phases, { name: "wait until online", target: node }, wait);
  if (steps.length > 0) await read(host, "prune", "remove older versions of the agent");
  return { installed: steps.length > 0, version: downloads.version };
}

function performers(
  host: Host,
  { node, downloads, access }: EnsureAgentOptions,
  probe: Probe,
  progress: Progress,
): Record<InstallStep, () => Promise<unknown>> {
  const call = (functions: string, action: string, deadlineMilliseconds = shortMilliseconds) =>
    host.call({ functions, action, deadlineMilliseconds });
  const send = (place: string, download: Download, names: string[], what: string) =>
    host.call({
      functions: place,
      arguments: names,
      action: `take ${what}`,
      deadlineMilliseconds: transferMilliseconds,
      ...sending(download, what, progress),
    });
  return {
    "install-docker": () => {
      progress.log("Installing Docker");
      return call("read_facts; install_docker", "install Docker", packageMilliseconds);
    },
    "install-nftables": () => {
      progress.log("Installing nftables");
      return call("install_nftables", "install nftables", packageMilliseconds);
    },
    "start-docker": () => call("start_docker", "start Docker"),
    runtime: async () => {
      const download = await downloads.runtimeFor(architectureOf(probe));
      return send('place_runtime "$1"', download, [downloads.runtime], `Node ${downloads.runtime}`);
    },
    bundle: () => {
      const { agent, bundle } = downloads;
      return send('place_bundle "$1" "$2"', agent, [bundle, agent.sha256], `the agent ${bundle}`);
    },
    unit: () => call("place_units", "take the agent's systemd units"),
    enrol: async () => {
      const { token } = await access.createJoinToken({ node, validSeconds: tokenSeconds });
      progress.log(`Enrolling node ${node}`);
      return host.call({
        functions: 'enrol "$1"',
        arguments: [access.controllerUrl()],
        input: `${token}\n`,
        action: `enrol as node ${node} with ${access.controllerUrl()}`,
        deadlineMilliseconds: shortMilliseconds,
      });
    },
    restart: () => {
      progress.log("Starting the agent");
      return call("restart_agent", "start the agent");
    },
  };
}

/** Input of a call that sends a file, with its progress in the log. */
function sending(
  download: Download,
  what: string,
  { log }: Progress,
): { input: Readable; onSent: (bytes: number) => void } {
  const line = `Sending ${what} (${(download.size / 1024 ** 2).toFixed(1)} MiB)`;
  return { input: createReadStream(download.file), onSent: (bytes) => log(line, bytes / download.size) };
}

/** Facts have refused everything else already. */
function architectureOf(probe: Probe): Architecture {
  return probe.architecture === "arm64" ? "arm64" : "amd64";
}

async function waitOnline(
  host: Host,
  { node, access }: EnsureAgentOptions,
  steps: InstallStep[],
  progress: Progress,
): Promise<void> {
  const wait = (timeoutMilliseconds: number) =>
    access.waitOnline(node, { timeoutMilliseconds, signal: progress.signal });
  const justStarted = steps.includes("restart");
  try {
    await wait(justStarted ? onlineMilliseconds : patienceMilliseconds);
    return;
  } catch (error) {
    progress.signal.throwIfAborted();
    if (!isOffline(error)) throw error;
    if (justStarted) throw await offlineFailure(host, node, error);
  }
  progress.log("The agent runs but is not online: starting it again");
  await host.call({ functions: "restart_agent", action: "start the agent", deadlineMilliseconds: shortMilliseconds });
  try {
    await wait(onlineMilliseconds);
  } catch (error) {
    progress.signal.throwIfAborted();
    throw isOffline(error) ? await offlineFailure(host, node, error) : error;
  }
}

function isOffline(error: unknown): boolean {
  return error instanceof BerthError && error.code === "node.offline";
}

async function offlineFailure(host: Host, node: string, cause: unknown): Promise<BerthError> {
  const journal = await read(host, "agent_journal", "show the agent's journal");
  return new BerthError(
    "install.failed",
    `The agent of ${node} runs on ${host.place} but does not come online: ${journal.trim()}`,
    {
      hint: `Check that ${host.place} reaches the controller's address; its journal is read with: journalctl -u berth-agent`,
      cause,
    },
  );
}

function read(host: Host, functions: string, action: string): Promise<string> {
  return host.call({ functions, action, deadlineMilliseconds: shortMilliseconds, quiet: true });
}
