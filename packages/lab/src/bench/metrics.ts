/**
 * What it costs a node that its containers are measured each second: by Berth's agent, and by one client that streams
 * Docker's stats API for the same containers. Docker's own CPU counts in both, the streaming client's in neither. What
 * Docker uses while nobody measures is told apart: it is in both, and no agent can take it away.
 */
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as elapse } from "node:timers/promises";
import { livePath } from "@berth/shared/api/live";
import { BerthError } from "@berth/shared/errors";
import type { AttachedGuest } from "../containers/attach.ts";
import { waitFor } from "../host/wait.ts";
import type { Bench, BenchFleet } from "./fleet.ts";
import { node } from "./fleets.ts";
import { cpuSeconds, guestProcesses, isAgent, isDocker, type GuestProcess } from "./guest-processes.ts";
import { openResponse } from "./request.ts";
import { result, type BenchmarkResult } from "./result.ts";
import { ensureWatched, removeWatched, sampled, waitUntilSampled, watchedCount } from "./watched-containers.ts";

/**
 * Go collects its garbage at least every two minutes, in each shim at its own moment and whether somebody measures or
 * not: a window of that length holds one collection of each. A shorter one would hold all or none.
 */
const windowSeconds = 120;

export async function benchmarkMetrics({ fleet: open, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  const guest = await ensureWatched(fleet);
  say(`metrics: ${windowSeconds} s sampled by the agent`);
  const sampling = await sampledByAgent(fleet, guest);
  const { resting, streaming } = await withoutAgent(fleet, guest, async () => {
    say(`metrics: ${windowSeconds} s of Docker alone`);
    const alone = await measureCores(guest);
    say(`metrics: ${windowSeconds} s streamed from Docker's stats API`);
    return { resting: alone.docker, streaming: await streamedFromDocker(guest) };
  });
  await removeWatched(guest);
  const total = sampling.agent + sampling.docker;
  const common = { unit: "× Docker's stats API", goal: 0.05, better: "lower" } as const;
  return [
    result({
      ...common,
      name: "metrics",
      value: total / streaming,
      detail: `${watchedCount} containers each second: agent ${percent(sampling.agent)} and Docker ${percent(sampling.docker)} of a core, Docker streaming ${percent(streaming)}`,
    }),
    result({
      ...common,
      name: "metrics-added",
      value: (total - resting) / (streaming - resting),
      detail: `the same, less what Docker uses while nobody measures: ${percent(resting)} of a core`,
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
    const cores = await measureCores(guest);
    const { containers, frames } = await sampled(fleet, windowSeconds);
    // A figure for an agent that does not do its work would be none.
    if (cores.agent === 0 || containers !== watchedCount || frames < windowSeconds * 0.8) {
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
    return (await measureCores(guest)).docker;
  } finally {
    stopping.abort();
  }
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
  /** 0 when it does not run. */
  agent: number;
  docker: number;
}

async function measureCores(guest: AttachedGuest): Promise<Cores> {
  const processes = await guestProcesses(guest.init);
  const seconds = async (is: (process: GuestProcess) => boolean): Promise<number> => {
    const used = await Promise.all(processes.filter(is).map(({ pid }) => cpuSeconds(pid)));
    return used.reduce((sum, each) => sum + each, 0);
  };
  const look = async () => ({ at: performance.now(), agent: await seconds(isAgent), docker: await seconds(isDocker) });
  const before = await look();
  // The time itself is what is measured.
  await elapse(windowSeconds * 1000);
  const after = await look();
  const elapsed = (after.at - before.at) / 1000;
  return { agent: (after.agent - before.agent) / elapsed, docker: (after.docker - before.docker) / elapsed };
}

function percent(cores: number): string {
  return `${(cores * 100).toPrecision(3)} %`;
}
