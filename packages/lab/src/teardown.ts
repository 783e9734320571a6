import { readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { killCgroup, removeCgroup } from "./host/cgroups.ts";
import { isMissingFile } from "./host/files.ts";
import { detachLoopDevicesBelow, unmountBelow } from "./host/mounts.ts";
import { findMarkedProcesses, type ProcessIdentity, processStartTime, stopProcess } from "./host/processes.ts";
import { removeNamespace } from "./network/namespace.ts";
import { stopProxmox } from "./proxmox/service.ts";

/** lxcfs takes five seconds to end by itself; without guests it has nothing to lose. */
const graceMs = 1000;

/** Ends every process of a lab: guests by their cgroup, the lab's own by their mark, the rest by the namespace they are in. */
export async function endProcesses(stateDirectory: string, scope: string): Promise<void> {
  // The API first, so that nothing starts guests while they are being ended.
  await stopProxmox(stateDirectory);
  await killCgroup(scope);
  await stopAll(await findMarkedProcesses(stateDirectory));
  await stopAll(await findProcessesInNamespace(scope));
  await removeCgroup(scope);
}

/** Removes all that a lab has on this machine, whatever half of it there is. The caches stay. */
export async function removeEverything(stateDirectory: string, scope: string): Promise<void> {
  await endProcesses(stateDirectory, scope);
  await unmountBelow(stateDirectory);
  await detachLoopDevicesBelow(stateDirectory);
  await removeNamespace(scope);
  await rm(stateDirectory, { recursive: true, force: true });
}

async function stopAll(identities: ProcessIdentity[]): Promise<void> {
  await Promise.all(identities.map((identity) => stopProcess(identity, graceMs)));
}

/** Whatever runs inside the namespace belongs to the lab, except this process and those that started it. */
async function findProcessesInNamespace(namespace: string): Promise<ProcessIdentity[]> {
  const inode = await namespaceInode(namespace);
  if (inode === undefined) return [];
  const spared = await ancestry(process.pid);
  const found: ProcessIdentity[] = [];
  for (const entry of await readdir("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || spared.has(pid)) continue;
    if ((await networkOf(pid)) !== `net:[${inode}]`) continue;
    const startTime = await processStartTime(pid);
    if (startTime !== undefined) found.push({ pid, startTime });
  }
  return found;
}

async function namespaceInode(namespace: string): Promise<number | undefined> {
  try {
    return (await stat(join("/var/run/netns", namespace))).ino;
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}

async function networkOf(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/ns/net`);
  } catch {
    // It ended meanwhile, or is a kernel thread.
    return undefined;
  }
}

async function ancestry(pid: number): Promise<Set<number>> {
  const pids = new Set<number>();
  for (let current = pid; current > 1;) {
    pids.add(current);
    const line = await readFile(`/proc/${current}/stat`, "utf8");
    current = Number(line.slice(line.lastIndexOf(")") + 2).split(" ")[1]);
  }
  return pids;
}
