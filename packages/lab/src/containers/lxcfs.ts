import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { unmountBelow } from "../host/mounts.ts";
import { findLongLived, startLongLived, stopLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";

const processName = "lxcfs";

/** Serves the /proc files that show a guest its own memory, cores and uptime, as Proxmox VE does. */
export async function ensureLxcfs(stateDirectory: string): Promise<void> {
  const directory = join(stateDirectory, "lxcfs");
  const running = await findLongLived(stateDirectory, processName);
  if (running !== undefined && (await answers(directory))) return;
  await stopLxcfs(stateDirectory);
  await mkdir(directory, { recursive: true });
  await startLongLived({
    name: processName,
    argv: ["lxcfs", "--foreground", "--enable-loadavg", "--pidfile", join(stateDirectory, "lxcfs.pid"), directory],
    stateDirectory,
  });
  await waitFor({
    what: "lxcfs's /proc/meminfo",
    deadlineMs: 60_000,
    check: async () => ((await answers(directory)) ? true : undefined),
  });
}

/** Ends lxcfs and its mount. Running guests lose their view of /proc, so stop them first. */
export async function stopLxcfs(stateDirectory: string): Promise<void> {
  await stopLongLived(stateDirectory, processName);
  await unmountBelow(join(stateDirectory, "lxcfs"));
}

async function answers(directory: string): Promise<boolean> {
  try {
    return (await readFile(join(directory, "proc/meminfo"), "utf8")).startsWith("MemTotal");
  } catch {
    // Not mounted yet, or mounted by an lxcfs that has died: both mean that it does not serve.
    return false;
  }
}
