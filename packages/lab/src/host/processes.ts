import { spawn } from "node:child_process";
import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import type { Argv } from "./command.ts";
import { isMissingFile, readIfPresent, writeWhole } from "./files.ts";
import { waitFor } from "./wait.ts";

/** A pid alone may be reused; with the time it was started (clock ticks since boot) it names one process for ever. */
export const processIdentitySchema = z.object({ pid: z.int().positive(), startTime: z.string() });
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** Every long-lived process of a lab carries the lab's state folder in its environment, so `down` finds strays too. */
const markerVariable = "BERTH_LAB_PROCESS_OF";

/** The mark, as an addition to a process's environment; `owner` is a state folder or another folder of the lab. */
export function markOf(owner: string): Record<string, string> {
  return { [markerVariable]: owner };
}

/**
 * Field 22 of /proc/PID/stat, or undefined when there is no such process. A zombie counts as gone, but not while it has
 * threads: a process that is being killed keeps its sockets open until the last of them has ended.
 */
export async function processStartTime(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const threads = Number(fields[16]);
    return (state === "Z" && threads <= 1) || state === "X" ? undefined : fields[18];
  } catch (error) {
    if (isMissingFile(error) || (error instanceof Error && "code" in error && error.code === "ESRCH")) return undefined;
    throw error;
  }
}

/** Whether exactly this process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await processStartTime(identity.pid)) === identity.startTime;
}

export interface LongLivedProcess {
  /** File name of its record and log: "proxmox", "lxcfs", "registry", "relay-8420". */
  name: string;
  argv: Argv;
  stateDirectory: string;
  env?: Record<string, string>;
}

function recordPath(stateDirectory: string, name: string): string {
  return join(stateDirectory, "processes", `${name}.json`);
}

/** The recorded process of that name, or undefined when it never ran or has ended. */
export async function findLongLived(stateDirectory: string, name: string): Promise<ProcessIdentity | undefined> {
  const text = await readIfPresent(recordPath(stateDirectory, name));
  if (text === undefined) return undefined;
  const identity = processIdentitySchema.parse(JSON.parse(text));
  return (await isRunning(identity)) ? identity : undefined;
}

/** Starts a process that outlives this one, its output in state/log/NAME.log, and records pid and start time. */
export async function startLongLived(request: LongLivedProcess): Promise<ProcessIdentity> {
  const logPath = join(request.stateDirectory, "log", `${request.name}.log`);
  const log = await open(logPath, "a", 0o600);
  try {
    const [file, ...parameters] = request.argv;
    const child = spawn(file, parameters, {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: { ...process.env, ...request.env, ...markOf(request.stateDirectory) },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    const { pid } = child;
    const startTime = pid === undefined ? undefined : await processStartTime(pid);
    if (pid === undefined || startTime === undefined) {
      throw new BerthError("lab.failed", `${request.name} ended as soon as it was started`, { hint: `See ${logPath}` });
    }
    const identity = { pid, startTime };
    await writeWhole(recordPath(request.stateDirectory, request.name), JSON.stringify(identity));
    return identity;
  } finally {
    await log.close();
  }
}

/** Asks a process to end, insists after `graceMs`, and returns once it is gone. */
export async function stopProcess(identity: ProcessIdentity, graceMs = 5000): Promise<void> {
  for (const [signal, deadlineMs] of [
    ["SIGTERM", graceMs],
    ["SIGKILL", 5000],
  ] as const) {
    if (!(await isRunning(identity))) return;
    signalProcess(identity.pid, signal);
    try {
      await waitFor({
        what: `The end of process ${identity.pid}`,
        deadlineMs,
        intervalMs: 20,
        check: async () => ((await isRunning(identity)) ? undefined : true),
      });
      return;
    } catch (error) {
      if (signal === "SIGKILL") throw error;
    }
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended between the question and the signal: that is what was wanted.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Stops the recorded process of that name, if it runs, and forgets it. */
export async function stopLongLived(stateDirectory: string, name: string): Promise<void> {
  const identity = await findLongLived(stateDirectory, name);
  if (identity !== undefined) await stopProcess(identity);
  await rm(recordPath(stateDirectory, name), { force: true });
}

/** Every running process that carries the marker of this state folder, recorded or not, this one excepted. */
export async function findMarkedProcesses(stateDirectory: string): Promise<ProcessIdentity[]> {
  const marker = `${markerVariable}=${stateDirectory}`;
  const found: ProcessIdentity[] = [];
  for (const entry of await readdir("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (!(await readEnvironment(pid)).includes(marker)) continue;
    const startTime = await processStartTime(pid);
    if (startTime !== undefined) found.push({ pid, startTime });
  }
  return found;
}

async function readEnvironment(pid: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
  } catch {
    // Kernel threads, and processes that ended while the list was read, have no environment to show.
    return [];
  }
}
