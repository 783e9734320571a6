import { readdir, readFile, rmdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { isMissingFile } from "./files.ts";
import { waitFor } from "./wait.ts";

const cgroupRoot = "/sys/fs/cgroup";
const cgroup2Magic = 0x63677270;

export type CgroupVersion = 1 | 2;

/** 2 when the machine has only the unified hierarchy; a hybrid one counts as 1, since its controllers are there. */
export async function cgroupVersion(): Promise<CgroupVersion> {
  return (await statfs(cgroupRoot)).type === cgroup2Magic ? 2 : 1;
}

/** The folder of a cgroup in every hierarchy that has it ("berth-lab-demo" -> /sys/fs/cgroup/memory/berth-lab-demo …). */
export async function cgroupDirectories(name: string): Promise<string[]> {
  const hierarchies = [
    cgroupRoot,
    ...(await readdir(cgroupRoot, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(cgroupRoot, entry.name)),
  ];
  const found: string[] = [];
  for (const hierarchy of hierarchies) {
    const directory = join(hierarchy, name);
    if ((await childDirectories(directory)) !== undefined) found.push(directory);
  }
  return found;
}

async function childDirectories(directory: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}

async function processesBelow(directory: string): Promise<number[]> {
  const children = await childDirectories(directory);
  if (children === undefined) return [];
  const below = await Promise.all(children.map((child) => processesBelow(child)));
  try {
    const own = (await readFile(join(directory, "cgroup.procs"), "utf8")).split("\n").filter((line) => line !== "");
    return [...own.map(Number), ...below.flat()];
  } catch (error) {
    if (isMissingFile(error) || (error instanceof Error && "code" in error && error.code === "ENODEV"))
      return below.flat();
    throw error;
  }
}

/** Kills every process in a cgroup and the ones below it, in all hierarchies, and returns once they are gone. */
export async function killCgroup(name: string, deadlineMs = 60_000): Promise<void> {
  await waitFor({
    what: `The end of the processes in cgroup ${name}`,
    deadlineMs,
    intervalMs: 50,
    check: async () => {
      const directories = await cgroupDirectories(name);
      const pids = new Set((await Promise.all(directories.map((directory) => processesBelow(directory)))).flat());
      pids.delete(0);
      for (const pid of pids) killNow(pid);
      return pids.size === 0 ? true : undefined;
    },
  });
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Removes a cgroup and the ones below it from all hierarchies. The processes must be gone. */
export async function removeCgroup(name: string): Promise<void> {
  for (const directory of await cgroupDirectories(name)) await removeTree(directory);
}

async function removeTree(directory: string): Promise<void> {
  for (const child of (await childDirectories(directory)) ?? []) await removeTree(child);
  await waitFor({
    what: `The removal of cgroup ${directory}`,
    deadlineMs: 60_000,
    check: async () => {
      try {
        await rmdir(directory);
        return true;
      } catch (error) {
        if (isMissingFile(error)) return true;
        // The kernel releases a cgroup a moment after its last process has ended.
        if (error instanceof Error && "code" in error && error.code === "EBUSY") return undefined;
        throw error;
      }
    },
  });
}
