/** What a node says about itself in its hello. */
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
  };
}
