/**
 * Memory that the agent takes at rest, against an idle Node that holds one WebSocket: the same node binary on the same
 * LXC, one after the other, so that neither shares its code with the other's process.
 */
import { once } from "node:events";
import { copyFile, cp, mkdir, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as elapse } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";
import type { AttachedGuest } from "../containers/attach.ts";
import { waitFor } from "../host/wait.ts";
import { spawnInNamespace } from "../network/namespace.ts";
import type { Bench, BenchFleet } from "./fleet.ts";
import { guestProcesses, isAgent, pssBytes } from "./guest-processes.ts";
import { withoutAgent } from "./metrics.ts";
import { median, result, type BenchmarkResult } from "./result.ts";
import { ensureWatched, removeWatched, watchedCount } from "./watched-containers.ts";

const looks = 5;
const betweenLooksMs = 2000;
/** The agent tidies its memory half a minute after its start; the peer gets the same time to come to rest. */
const restMs = 40_000;
const peerDirectory = "opt/berth-bench";
const peerPort = 8499;

export async function benchmarkAgentWeight({ fleet: open, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  const guest = await ensureWatched(fleet);
  say(`agent-weight: the agent comes to rest, ${restMs / 1000} s`);
  await elapse(restMs);
  const agent = await medianPss(await pidOf(guest, isAgent));
  say(`agent-weight: an idle Node comes to rest, ${restMs / 1000} s`);
  const idle = await withoutAgent(fleet, guest, () => idleNodePss(fleet, guest));
  await removeWatched(guest);
  return [
    result({
      name: "agent-weight",
      value: agent / idle,
      unit: "× idle Node with a WebSocket",
      goal: 1.15,
      better: "lower",
      detail: `Pss: agent with ${watchedCount} containers ${megabytes(agent)}, idle Node ${megabytes(idle)}`,
    }),
  ];
}

async function idleNodePss({ lab }: BenchFleet, guest: AttachedGuest): Promise<number> {
  await installPeer(guest);
  const options = { stdin: "ignore", stdout: "ignore", stderr: "ignore", reject: false } as const;
  const server = spawnInNamespace(
    lab.namespace,
    [process.execPath, join(import.meta.dirname, "peer/server.ts"), lab.bridgeAddress, String(peerPort)],
    { ...options, stdout: "pipe" },
  );
  try {
    // It says one line once it listens, and one for each client.
    await firstOutput(server.stdout);
    const client = ["/opt/berth-agent/node", `/${peerDirectory}/client.mjs`, `ws://${lab.bridgeAddress}:${peerPort}`];
    const connected = firstOutput(server.stdout);
    const peer = spawnInNamespace(lab.namespace, guest.attach(["/usr/bin/env", ...client]), options);
    try {
      await connected;
      const pid = await pidOf(guest, ({ argv }) => argv.includes(`/${peerDirectory}/client.mjs`));
      await elapse(restMs);
      return await medianPss(pid);
    } finally {
      peer.kill();
    }
  } finally {
    server.kill();
    await rm(join(guest.root, peerDirectory), { recursive: true, force: true });
  }
}

async function installPeer(guest: AttachedGuest): Promise<void> {
  const directory = join(guest.root, peerDirectory);
  const library = dirname(await realpath(fileURLToPath(import.meta.resolve("ws/package.json"))));
  await mkdir(join(directory, "node_modules"), { recursive: true });
  await cp(library, join(directory, "node_modules/ws"), { recursive: true });
  await copyFile(join(import.meta.dirname, "peer/client.mjs"), join(directory, "client.mjs"));
}

async function firstOutput(stream: NodeJS.ReadableStream): Promise<void> {
  await once(stream, "data", { signal: AbortSignal.timeout(30_000) });
}

async function pidOf(guest: AttachedGuest, is: (process: { pid: number; argv: string[] }) => boolean): Promise<number> {
  return waitFor({
    what: "The process to weigh",
    deadlineMs: 10_000,
    check: async () => (await guestProcesses(guest.init)).find(is)?.pid,
  });
}

async function medianPss(pid: number): Promise<number> {
  const seen: number[] = [];
  for (let look = 0; look < looks; look += 1) {
    if (look > 0) await elapse(betweenLooksMs);
    seen.push(await pssBytes(pid));
  }
  const bytes = median(seen);
  if (!(bytes > 0)) throw new BerthError("lab.failed", `Process ${pid} has no memory to weigh`);
  return bytes;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
