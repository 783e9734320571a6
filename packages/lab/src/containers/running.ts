import { readFile, rm, stat, truncate } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import { runCommand } from "../host/command.ts";
import { runInNamespace } from "../network/namespace.ts";
import { writeWhole } from "../host/files.ts";
import type { GuestHost, GuestPaths, GuestSpec } from "./guest.ts";
import { limitEntries, readMachineFacts } from "./lxc-config.ts";

/** Gives a running guest the limits of its specification at once, as Proxmox VE does with memory and cores. */
export async function applyLimits(host: GuestHost, spec: GuestSpec): Promise<void> {
  for (const [key, value] of limitEntries(spec, await readMachineFacts())) {
    const file = key.replace(/^lxc\.cgroup2?\./, "");
    // What devices a guest may use is settled at its start and cannot be said twice.
    if (file === "devices.allow") continue;
    const options = ["--lxcpath", host.guestsDirectory, "--name", String(spec.vmid), file, value];
    await runInNamespace(host.namespace, ["lxc-cgroup", ...options]);
  }
}

/** Moves a running guest to another address at once, as Proxmox VE does. */
export async function applyAddress(pid: number, before: GuestSpec, after: GuestSpec): Promise<void> {
  const [old, next] = [before.network, after.network];
  if (old?.address === undefined || next?.address === undefined || old.address === next.address) return;
  const device = next.interfaceName;
  const ip = (...parameters: string[]) =>
    runCommand(["nsenter", "--target", String(pid), "--net", "--", "ip", ...parameters]);
  await ip("address", "delete", old.address, "dev", device);
  await ip("address", "replace", next.address, "dev", device);
  if (next.gateway !== undefined) await ip("route", "replace", "default", "via", next.gateway, "dev", device);
}

/**
 * Grows the disk of a running guest, file system included, and returns "now". Where this machine's root may not do that
 * to a mounted file system (sandboxes take CAP_SYS_RESOURCE away), the guest's next start does it.
 */
export async function growRunningDisk(paths: GuestPaths, pid: number, bytes: number): Promise<"now" | "next start"> {
  if ((await stat(paths.disk)).size > bytes) throw new BerthError("request.invalid", "a disk cannot shrink");
  await truncate(paths.disk, bytes);
  if (await mayResizeMounted()) {
    await growMounted(pid);
    return "now";
  }
  await writeWhole(paths.pendingGrowth, "");
  return "next start";
}

const capSysResource = 24n;

async function mayResizeMounted(): Promise<boolean> {
  const effective = /^CapEff:\s*([\da-f]+)$/m.exec(await readFile("/proc/self/status", "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${effective}`) >> capSysResource) & 1n) === 1n;
}

async function growMounted(pid: number): Promise<void> {
  const [major, minor] = await rootDevice(pid);
  await runCommand(["losetup", "--set-capacity", `/dev/loop${minor}`]);
  // resize2fs must see the file system as mounted, so it runs among the guest's mounts and processes, where the device
  // is missing.
  const device = "/dev/berth-lab-root";
  const deviceSeenFromHere = `/proc/${pid}/root${device}`;
  await rm(deviceSeenFromHere, { force: true });
  await runCommand(["mknod", "-m", "600", deviceSeenFromHere, "b", major, minor]);
  try {
    await runCommand(["nsenter", "--target", String(pid), "--mount", "--pid", "--", "resize2fs", device], {
      deadlineMs: 120_000,
    });
  } finally {
    await rm(deviceSeenFromHere, { force: true });
  }
}

/** Major and minor number of the device that a process has as its root. */
async function rootDevice(pid: number): Promise<[major: string, minor: string]> {
  const mounts = (await readFile(`/proc/${pid}/mountinfo`, "utf8")).split("\n").map((line) => line.split(" "));
  const [major, minor] = mounts.find((fields) => fields[4] === "/")?.[2]?.split(":") ?? [];
  if (major === undefined || minor === undefined) {
    throw new BerthError("lab.failed", `The root device of process ${pid} is not known`);
  }
  return [major, minor];
}
