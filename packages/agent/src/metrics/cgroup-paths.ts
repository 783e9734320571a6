/** Where the control groups of this node and of its containers are: version 1 or 2, in an LXC or on a host. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../files.ts";

export type CgroupVersion = 1 | 2;

interface Mount {
  mountPoint: string;
  /** Path inside the hierarchy that is mounted there: "/" with a namespace of our own, "/lxc/110" in some LXCs. */
  root: string;
}

export interface CgroupMounts {
  version: CgroupVersion;
  /** By controller for version 1; version 2 has the one key "". */
  byController: ReadonlyMap<string, Mount>;
}

/** Reads /proc/self/mountinfo. A host may mount both versions; the one with the memory controller counts. */
export function parseMounts(mountinfo: string): CgroupMounts {
  const byController = new Map<string, Mount>();
  let unified: Mount | undefined;
  for (const line of mountinfo.split("\n")) {
    const [before, after] = line.split(" - ");
    if (before === undefined || after === undefined) continue;
    const [, , , root, mountPoint] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (root === undefined || mountPoint === undefined) continue;
    if (type === "cgroup2") unified = { mountPoint, root };
    if (type !== "cgroup") continue;
    for (const option of options.split(",")) byController.set(option, { mountPoint, root });
  }
  if (byController.has("memory") || unified === undefined) return { version: 1, byController };
  return { version: 2, byController: new Map([["", unified]]) };
}

/** Reads /proc/<pid>/cgroup: the path by controller; version 2's has the key "". */
export function parseProcCgroup(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    const [, controllers = "", path = ""] = match;
    for (const controller of controllers.split(",")) paths.set(controller, path);
  }
  return paths;
}

/** The directory of a control group, or null when its controller is not mounted here. */
export function directoryOf(
  mounts: CgroupMounts,
  paths: ReadonlyMap<string, string>,
  controller: string,
): string | null {
  const key = mounts.version === 2 ? "" : controller;
  const mount = mounts.byController.get(key);
  const path = paths.get(key);
  if (mount === undefined || path === undefined) return null;
  const isBelow = mount.root !== "/" && (path === mount.root || path.startsWith(`${mount.root}/`));
  return join(mount.mountPoint, isBelow ? path.slice(mount.root.length) : path);
}

/**
 * Paths of the node as a whole: what is mounted, or, in an LXC that sees its host's hierarchy, the LXC's own group,
 * which is the one of its first process.
 */
export function nodePaths(mounts: CgroupMounts, firstProcess: string, inContainer: boolean): Map<string, string> {
  const paths = parseProcCgroup(firstProcess);
  return new Map(
    [...mounts.byController].map(([controller, mount]) => {
      const path = (paths.get(controller) ?? "/").replace(/\/init\.scope$/, "") || "/";
      const isOwn = inContainer && !path.startsWith("/..");
      return [controller, isOwn ? path : mount.root] as const;
    }),
  );
}

/** The mounts of this process and the paths of its node. */
export function readNodeCgroups(proc = "/proc"): { mounts: CgroupMounts; paths: Map<string, string> } {
  const mounts = parseMounts(readFileSync(join(proc, "self/mountinfo"), "utf8"));
  return { mounts, paths: nodePaths(mounts, readFileSync(join(proc, "1/cgroup"), "latin1"), isContainer(proc)) };
}

/** systemd notes it; without systemd, lxc and Docker tell the first process. */
export function isContainer(proc: string): boolean {
  if (existsSync("/run/systemd/container")) return true;
  try {
    const environment = readFileSync(join(proc, "1/environ"), "latin1").split("\0");
    return environment.some((entry) => entry.startsWith("container="));
  } catch (error) {
    if (["EACCES", "EPERM", "ENOENT"].includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}
