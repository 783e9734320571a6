/** What a node says about itself in its hello. */
import { readFileSync } from "node:fs";
import { availableParallelism, hostname, release, arch } from "node:os";
import type { NodeFacts } from "@berth/shared/protocol/state";
import * as z from "zod";
import type { Log } from "./log.ts";
import { runSelf } from "./self.ts";

const hostFactsSchema = z.object({ os: z.string(), kernel: z.string(), architecture: z.string() });
export type HostFacts = z.output<typeof hostFactsSchema>;

const deadlineMilliseconds = 10_000;

/** Facts that do not change while the node runs, from a child process: systeminformation is large. */
export async function readHostFacts(log: Log): Promise<HostFacts> {
  try {
    return hostFactsSchema.parse(JSON.parse(await runSelf("facts", deadlineMilliseconds)));
  } catch (error) {
    log.warn({ reason: String(error) }, "the host's facts could not be gathered");
    return { os: "Linux", kernel: release(), architecture: arch() };
  }
}

/** What the subcommand `facts` prints. */
export async function gatherHostFacts(): Promise<HostFacts> {
  const { osInfo } = await import("systeminformation");
  const { distro, release: version, codename, kernel, arch: architecture } = await osInfo();
  const name = codename === "" ? "" : ` (${codename})`;
  return { os: `${distro} ${version}${name}`.trim(), kernel, architecture };
}

export interface NodeLimits {
  cores: number;
  memoryBytes: number;
  cgroupVersion: 1 | 2;
}

export function nodeFacts(host: HostFacts, limits: NodeLimits, dockerVersion: string | null): NodeFacts {
  const { cores, memoryBytes, cgroupVersion } = limits;
  return {
    ...host,
    hostname: hostname(),
    cores: Math.min(cores, availableParallelism()),
    memoryBytes,
    dockerVersion,
    cgroupVersion,
    ...bootedAt(),
  };
}

/** Of /proc/PID/stat: the same on every Linux that Debian builds. */
const ticksPerSecond = 100;
const startTimeField = 22;

/** An LXC was started when its first process was; /proc/uptime may be that of the machine below. */
function bootedAt(): Pick<NodeFacts, "bootedAt"> {
  const startedAt = processStartedAt(1);
  return startedAt === null ? {} : { bootedAt: startedAt };
}

/** Milliseconds since the epoch, to the second; null: it cannot be read. */
export function processStartedAt(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in parentheses, is the second field, and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startedSeconds = Number(fields[startTimeField - 3]) / ticksPerSecond;
    const secondsAgo = Number(process.hrtime.bigint()) / 1e9 - startedSeconds;
    return Number.isFinite(secondsAgo) ? Math.round(Date.now() / 1000 - secondsAgo) * 1000 : null;
  } catch {
    return null;
  }
}
