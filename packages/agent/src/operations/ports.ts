/** Who holds a host port: checked before anything that runs is stopped. */
import { readFile, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { ContainerSummary } from "../docker/engine.ts";
import { PortKept } from "../docker/errors.ts";
import { labels } from "../docker/labels.ts";
import { errorCode, isMissing } from "../files.ts";

const listening = "0A";

/** Listening TCP ports of /proc/net/tcp or tcp6, with the socket's inode. */
export function parseListeners(table: string): Map<number, string> {
  const listeners = new Map<number, string>();
  for (const line of table.split("\n").slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (local === undefined || inode === undefined || state !== listening) continue;
    listeners.set(Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16), inode);
  }
  return listeners;
}

/** Fails with `conflict` when a port the instance wants is held by another container or by a process of the node. */
export async function checkPorts(
  spec: InstanceSpec,
  containers: readonly ContainerSummary[],
  proc = "/proc",
): Promise<void> {
  const wanted = spec.containers.flatMap(({ ports }) => ports.map(({ host }) => host));
  if (wanted.length === 0) return;
  const own = new Set<number>();
  for (const container of containers) {
    const isOwn = container.labels[labels.instance] === spec.instance;
    for (const port of container.hostPorts) {
      if (isOwn) own.add(port);
      else if (wanted.includes(port)) throw taken(spec, port, `the container ${container.name}`);
    }
  }
  const listeners = await readListeners(proc);
  for (const port of wanted) {
    const inode = listeners.get(port);
    if (inode !== undefined && !own.has(port)) throw taken(spec, port, await holderOf(inode, proc));
  }
}

/** Whether Docker's userland proxy takes what comes to the port; without it, Docker only holds the port and answers nobody. */
export async function isProxied(port: number, proc = "/proc"): Promise<boolean> {
  const inode = (await readListeners(proc)).get(port);
  return inode !== undefined && `${await holderOf(inode, proc)} `.includes(dockerProxy);
}

/** Docker's own listener for a published port. */
const dockerProxy = "process docker-proxy ";

function taken(spec: InstanceSpec, port: number, holder: string): BerthError {
  const message = `${spec.instance} needs port ${port} of the node, which ${holder} holds.`;
  if (holder.includes(dockerProxy)) return new PortKept(message);
  return new BerthError("conflict", message, {
    hint: `Stop it, or give ${spec.instance} another host port in the fleet file.`,
  });
}

async function readListeners(proc: string): Promise<Map<number, string>> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map(async (name) => {
      try {
        return await readFile(join(proc, "self/net", name), "utf8");
      } catch (error) {
        if (isMissing(error)) return "";
        throw error;
      }
    }),
  );
  return new Map(tables.flatMap((table) => [...parseListeners(table)]));
}

/** "the process nginx (pid 812)", found by its open sockets. */
async function holderOf(inode: string, proc: string): Promise<string> {
  const target = `socket:[${inode}]`;
  for (const pid of (await readdir(proc)).filter((name) => /^\d+$/.test(name))) {
    if (await holds(join(proc, pid, "fd"), target)) {
      const command = await readFile(join(proc, pid, "comm"), "utf8");
      return `the process ${command.trim()} (pid ${pid})`;
    }
  }
  return "another process";
}

async function holds(directory: string, target: string): Promise<boolean> {
  try {
    for (const name of await readdir(directory)) {
      if ((await readlink(join(directory, name))) === target) return true;
    }
  } catch (error) {
    // The process or its file has gone meanwhile, or even root may not look: it is not known to hold the port.
    if (!isMissing(error) && errorCode(error) !== "EACCES") throw error;
  }
  return false;
}
