/**
 * What it costs a node that its containers are measured each second: by Berth's agent, by one client that streams Docker's
 * stats API for the same containers, by Debian's netdata, and by a bare loop of Node that reads the files that the agent
 * reads. Docker's own CPU counts with the agent and with its API, the streaming client's in neither. What Docker uses while
 * nobody measures is told apart: it is in both, and no agent can take it away.
 */
import { copyFile, mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as elapse } from "node:timers/promises";
import { livePath } from "@berth/shared/api/live";
import { BerthError } from "@berth/shared/errors";
import type { AttachedGuest } from "../containers/attach.ts";
import { waitFor } from "../host/wait.ts";
import { spawnInNamespace } from "../network/namespace.ts";
import type { Bench, BenchFleet } from "./fleet.ts";
import { node } from "./fleets.ts";
import { cpuSeconds, guestProcesses, isAgent, isDocker, type GuestProcess } from "./guest-processes.ts";
import { isNetdata, withNetdata } from "./netdata.ts";
import { openResponse } from "./request.ts";
import { result, type BenchmarkResult } from "./result.ts";
import { ensureWatched, removeWatched, sampled, waitUntilSampled, watchedCount } from "./watched-containers.ts";

/**
 * Go collects its garbage at least every two minutes, in each shim at its own moment and whether somebody measures or
 * not: a window of that length holds one collection of each. A shorter one would hold all or none.
 */
const windowSeconds = 120;
const settleMs = 30_000;
const peerDirectory = "opt/berth-bench";

export async function benchmarkMetrics({ fleet: open, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  const guest = await ensureWatched(fleet);
  say(`metrics: ${windowSeconds} s sampled by the agent`);
  const sampling = await sampledByAgent(fleet, guest);
  const files = await filesOfAgent(guest);
  const { resting, streaming, reading, netdata } = await withoutAgent(fleet, guest, async () => {
    say(`metrics: ${windowSeconds} s of Docker alone`);
    const alone = await measureCores(guest, isAgent);
    say(`metrics: ${windowSeconds} s streamed from Docker's stats API`);
    const streamed = await streamedFromDocker(guest);
    say(`metrics: ${windowSeconds} s of a bare loop that reads the same ${files.flat().length} files`);
    const looped = await readInLoop(fleet, guest, files);
    say(`metrics: ${windowSeconds} s of netdata`);
    return { resting: alone.docker, streaming: streamed, reading: looped, netdata: await measuredByNetdata(guest) };
  });
  await removeWatched(guest);
  const total = sampling.measuring + sampling.docker;
  const common = { unit: "× Docker's stats API", goal: 0.05, better: "lower" } as const;
  return [
    result({
      ...common,
      name: "metrics",
      value: total / streaming,
      detail: `${watchedCount} containers each second: agent ${percent(sampling.measuring)} and Docker ${percent(sampling.docker)} of a core, Docker streaming ${percent(streaming)}`,
    }),
    result({
      ...common,
      name: "metrics-added",
      value: (total - resting) / (streaming - resting),
      detail: `the same, less what Docker uses while nobody measures: ${percent(resting)} of a core`,
    }),
    result({
      name: "metrics-reading",
      value: sampling.measuring / reading,
      unit: "× a bare Node loop",
      goal: 1.5,
      better: "lower",
      detail: `agent ${percent(sampling.measuring)} of a core, of which it sends a frame each second; reading the same ${files.flat().length} files as often ${percent(reading)}`,
    }),
    result({
      name: "metrics-netdata",
      value: sampling.measuring / netdata,
      unit: "× netdata",
      goal: 0.1,
      better: "lower",
      detail: `the same node each second: agent ${percent(sampling.measuring)}, Debian's netdata ${percent(netdata)} of a core`,
    }),
  ];
}

/** While somebody looks, as the page does: only then an agent measures each second, and it sends each frame at once. */
async function sampledByAgent(fleet: BenchFleet, guest: AttachedGuest): Promise<Cores> {
  const looking = new AbortController();
  try {
    const live = { socketPath: fleet.socket, method: "GET", path: `${livePath}?topics=samples` } as const;
    drain(await openResponse(live, looking.signal), looking.signal);
    await waitUntilSampled(fleet);
    const cores = await measureCores(guest, isAgent);
    const { containers, frames } = await sampled(fleet, windowSeconds);
    // A figure for an agent that does not do its work would be none.
    if (cores.measuring === 0 || containers !== watchedCount || frames < windowSeconds * 0.8) {
      throw new BerthError("lab.failed", `In ${windowSeconds} s came ${frames} frames of ${containers} containers`);
    }
    return cores;
  } finally {
    looking.abort();
  }
}

/** Leaves the agent running again. */
export async function withoutAgent<Value>(
  fleet: BenchFleet,
  guest: AttachedGuest,
  action: () => Promise<Value>,
): Promise<Value> {
  await guest.run(["systemctl", "stop", "berth-agent"]);
  try {
    return await action();
  } finally {
    await guest.run(["systemctl", "start", "berth-agent"]);
    await fleet.waitOnline(node.name);
  }
}

async function streamedFromDocker(guest: AttachedGuest): Promise<number> {
  const listing = await guest.run(["docker", "ps", "--quiet", "--no-trunc"]);
  const ids = listing.split("\n").filter((id) => id !== "");
  const stopping = new AbortController();
  try {
    const received = await Promise.all(ids.map((id) => streamStats(guest, id, stopping.signal)));
    await waitFor({
      what: "Docker's first statistics",
      deadlineMs: 60_000,
      check: () => (received.every((count) => count() > 0) ? true : undefined),
    });
    return (await measureCores(guest, isAgent)).docker;
  } finally {
    stopping.abort();
  }
}

/**
 * Those that the agent has open: in the first list what it reads each second, in the second what it reads of a container
 * that did nothing every five seconds.
 */
async function filesOfAgent(guest: AttachedGuest): Promise<[string[], string[]]> {
  const agent = (await guestProcesses(guest.init)).find(isAgent);
  if (agent === undefined) throw new BerthError("lab.failed", "The agent does not run");
  const descriptors = await readdir(`/proc/${agent.pid}/fd`);
  const links = await Promise.all(descriptors.map((name) => readlink(`/proc/${agent.pid}/fd/${name}`).catch(() => "")));
  // What it reads of itself, the loop reads of itself.
  const status = await readFile(`/proc/${agent.pid}/status`, "utf8");
  const itself = `/proc/${/^NSpid:.*\s(\d+)$/m.exec(status)?.[1]}/`;
  const opened = links.map((path) => path.replace(itself, "/proc/self/"));
  const files = opened.filter((path) => /^\/sys\/fs\/cgroup\/|^\/proc\/(?:\w+\/net\/|pressure\/)/.test(path));
  const isSeldom = (path: string): boolean =>
    path.includes("/docker") && !/\/(?:cpuacct\.usage|cpu\.stat)$/.test(path) && !path.startsWith("/proc/");
  return [files.filter((path) => !isSeldom(path)), files.filter(isSeldom)];
}

async function readInLoop(
  { lab }: BenchFleet,
  guest: AttachedGuest,
  files: readonly [string[], string[]],
): Promise<number> {
  const directory = join(guest.root, peerDirectory);
  await mkdir(directory, { recursive: true });
  await copyFile(join(import.meta.dirname, "peer/read-files.mjs"), join(directory, "read-files.mjs"));
  await writeFile(join(directory, "files.json"), JSON.stringify(files));
  const program = `/${peerDirectory}/read-files.mjs`;
  const argv = ["/opt/berth-agent/node", program, `/${peerDirectory}/files.json`];
  const options = { stdin: "ignore", stdout: "ignore", stderr: "inherit", reject: false } as const;
  const peer = spawnInNamespace(lab.namespace, guest.attach(["/usr/bin/env", ...argv]), options);
  try {
    const isPeer = (process: GuestProcess): boolean => process.argv.includes(program);
    await waitFor({
      what: "The bare loop",
      deadlineMs: 10_000,
      check: async () => ((await guestProcesses(guest.init)).some(isPeer) ? true : undefined),
    });
    await elapse(settleMs);
    const { measuring } = await measureCores(guest, isPeer);
    if (measuring === 0) throw new BerthError("lab.failed", "The bare loop did not run");
    return measuring;
  } finally {
    peer.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

function measuredByNetdata(guest: AttachedGuest): Promise<number> {
  return withNetdata(guest, async () => {
    // It looks for what there is to measure in its first seconds.
    await elapse(settleMs);
    return (await measureCores(guest, isNetdata)).measuring;
  });
}

/** Opens one stream; the function tells how many pieces have come. */
async function streamStats(guest: AttachedGuest, id: string, signal: AbortSignal): Promise<() => number> {
  const socketPath = join(guest.root, "run/docker.sock");
  const response = await openResponse({ socketPath, method: "GET", path: `/containers/${id}/stats?stream=1` }, signal);
  let count = 0;
  response.on("data", () => {
    count += 1;
  });
  drain(response, signal);
  return () => count;
}

/** Reads and forgets what comes, until the signal ends it. */
function drain(response: IncomingMessage, signal: AbortSignal): void {
  response.resume();
  response.on("error", (error) => {
    // Our own end of the stream is reported as an error, too.
    if (!signal.aborted) throw error;
  });
}

/** Cores used on average. */
interface Cores {
  /** By what measures; 0 when it does not run. */
  measuring: number;
  docker: number;
}

async function measureCores(guest: AttachedGuest, isMeasuring: (process: GuestProcess) => boolean): Promise<Cores> {
  const processes = await guestProcesses(guest.init);
  const seconds = async (is: (process: GuestProcess) => boolean): Promise<number> => {
    const used = await Promise.all(processes.filter(is).map(({ pid }) => cpuSeconds(pid)));
    return used.reduce((sum, each) => sum + each, 0);
  };
  const look = async () => ({
    at: performance.now(),
    measuring: await seconds(isMeasuring),
    docker: await seconds(isDocker),
  });
  const before = await look();
  // The time itself is what is measured.
  await elapse(windowSeconds * 1000);
  const after = await look();
  const elapsed = (after.at - before.at) / 1000;
  const share = (part: "measuring" | "docker"): number => (after[part] - before[part]) / elapsed;
  return { measuring: share("measuring"), docker: share("docker") };
}

function percent(cores: number): string {
  return `${(cores * 100).toPrecision(3)} %`;
}
