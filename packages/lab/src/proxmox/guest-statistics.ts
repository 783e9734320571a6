import { readFile, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { guestCgroup } from "../containers/guest.ts";
import { guestInit } from "../containers/lifecycle.ts";
import { isMissingFile, readIfPresent } from "../host/files.ts";
import type { ApiContext } from "./context.ts";
import { parsePropertyString, parseSize } from "./formats.ts";
import type { GuestRecord } from "./guest-store.ts";

const mib = 1024 ** 2;
const clockTicksPerSecond = 100;

/** One guest as GET …/status/current and the lists show it. */
export async function describeGuest(
  context: ApiContext,
  vmid: number,
  record: GuestRecord,
): Promise<Record<string, unknown>> {
  const { config, lock } = record;
  const pid = await guestInit(context.host, vmid);
  const diskSize = parseSize(parsePropertyString(config.rootfs, "volume").get("size") ?? "") ?? 4 * 1024 ** 3;
  return {
    vmid,
    type: "lxc",
    name: config.hostname,
    status: pid === undefined ? "stopped" : "running",
    cpus: config.cores ?? 1,
    maxmem: config.memory * mib,
    maxswap: config.swap * mib,
    maxdisk: diskSize,
    cpu: 0,
    mem: 0,
    swap: 0,
    disk: 0,
    diskread: 0,
    diskwrite: 0,
    netin: 0,
    netout: 0,
    uptime: 0,
    ...(config.tags === undefined ? {} : { tags: config.tags }),
    ...(config.template === true ? { template: 1 } : {}),
    ...(lock === undefined ? {} : { lock }),
    ...(pid === undefined ? {} : { pid, ...(await measure(context, vmid, pid)) }),
  };
}

async function measure(context: ApiContext, vmid: number, pid: number): Promise<Record<string, number>> {
  try {
    const fileSystem = await statfs(`/proc/${pid}/root`);
    return {
      mem: await readMemory(guestCgroup(context.host, vmid).guest),
      disk: (fileSystem.blocks - fileSystem.bavail) * fileSystem.bsize,
      maxdisk: fileSystem.blocks * fileSystem.bsize,
      uptime: await readUptime(pid),
    };
  } catch (error) {
    // It stopped while it was being measured.
    if (isMissingFile(error)) return {};
    throw error;
  }
}

async function readMemory(cgroup: string): Promise<number> {
  const files = [`/sys/fs/cgroup/memory/${cgroup}/memory.usage_in_bytes`, `/sys/fs/cgroup/${cgroup}/memory.current`];
  const contents = await Promise.all(files.map((file) => readIfPresent(file)));
  return Number(contents.find((content) => content !== undefined) ?? 0);
}

async function readUptime(pid: number): Promise<number> {
  const [uptime = "0"] = (await readFile("/proc/uptime", "utf8")).split(" ");
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  const startTicks = Number(line.slice(line.lastIndexOf(")") + 2).split(" ")[19]);
  return Math.max(0, Math.floor(Number(uptime) - startTicks / clockTicksPerSecond));
}

/** Bytes that the file of a template takes. */
export async function templateSize(image: string): Promise<{ bytes: number; changedAt: number }> {
  const { size, mtimeMs } = await stat(join(image));
  return { bytes: size, changedAt: Math.floor(mtimeMs / 1000) };
}
