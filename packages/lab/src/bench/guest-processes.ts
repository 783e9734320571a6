/** What processes of an LXC cost, read from /proc of this machine. */
import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";
import { isMissingFile } from "../host/files.ts";

export interface GuestProcess {
  pid: number;
  argv: string[];
}

/** Processes of the LXC itself; those of its containers have process namespaces of their own. */
export async function guestProcesses(init: number): Promise<GuestProcess[]> {
  const namespace = await readlink(`/proc/${init}/ns/pid`);
  const pids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  const found = await Promise.all(pids.map((pid) => unlessEnded(() => processIn(namespace, pid))));
  return found.filter((process) => process !== undefined);
}

async function processIn(namespace: string, pid: number): Promise<GuestProcess | undefined> {
  if ((await namespaceOf(pid)) !== namespace) return undefined;
  return { pid, argv: (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1) };
}

async function namespaceOf(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/ns/pid`);
  } catch (error) {
    // Where this machine is a container itself, its init may be closed even to root: it is none of the LXC's.
    if (hasCode(error, "EACCES")) return undefined;
    throw error;
  }
}

export function isAgent({ argv }: GuestProcess): boolean {
  return argv.some((argument) => argument.endsWith("/agent.mjs")) && argv.includes("run");
}

export function isDocker({ argv }: GuestProcess): boolean {
  return /^(dockerd|containerd|containerd-shim.*)$/.test(basename(argv[0] ?? ""));
}

/** Clock ticks of /proc/PID/stat per second: the same on every Linux that Debian builds. */
const ticksPerSecond = 100;

/** Seconds of CPU that a process has used: its threads' to the nanosecond, and those of the children it has waited for. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await unlessEnded(() => readFile(`/proc/${pid}/stat`, "utf8"));
  if (stat === undefined) return 0;
  // Behind the name, which may hold spaces, the fields count from the third on; cutime and cstime are 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ofChildren = (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
  const threads = (await unlessEnded(() => readdir(`/proc/${pid}/task`))) ?? [];
  const ofThreads = await Promise.all(threads.map((thread) => threadSeconds(pid, thread)));
  return ofChildren + ofThreads.reduce((sum, each) => sum + each, 0);
}

async function threadSeconds(pid: number, thread: string): Promise<number> {
  const text = await unlessEnded(() => readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8"));
  return text === undefined ? 0 : Number(text.split(" ")[0]) / 1e9;
}

/** Proportional set size of a process, in bytes. */
export async function pssBytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) * 1024;
}

async function unlessEnded<Value>(look: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isMissingFile(error) || hasCode(error, "ESRCH")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
