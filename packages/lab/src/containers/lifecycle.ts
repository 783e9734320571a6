import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { killCgroup, removeCgroup } from "../host/cgroups.ts";
import type { Argv } from "../host/command.ts";
import { isPresent, readIfPresent } from "../host/files.ts";
import { detachLoopDevicesBelow, unmountBelow } from "../host/mounts.ts";
import { createGuestLink, removeGuestLink, setGuestLink } from "../network/guest-link.ts";
import { isRunning, processStartTime, type ProcessIdentity } from "../host/processes.ts";
import { tryInNamespace } from "../network/namespace.ts";
import { createDisk, growFileSystem, withMountedDisk } from "./disk.ts";
import { type GuestHost, type GuestSpec, guestCgroup, guestPaths } from "./guest.ts";
import { type GuestAccess, giveIdentity, writeHostFiles } from "./identity.ts";
import { readMachineFacts, renderLxcConfig } from "./lxc-config.ts";

export interface NewGuest {
  spec: GuestSpec;
  templateImage: string;
  diskBytes: number;
  access: GuestAccess;
}

/** Makes the disk of a new guest and gives it an identity. About two seconds; starts nothing. */
export async function createGuest(host: GuestHost, guest: NewGuest): Promise<void> {
  const paths = guestPaths(host.guestsDirectory, guest.spec.vmid);
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  await createDisk(guest.templateImage, paths.disk, guest.diskBytes);
  await withMountedDisk(paths.disk, paths.mountPoint, async (root) => {
    await giveIdentity(root, guest.spec.hostname, guest.access);
    await writeHostFiles(root, guest.spec);
  });
}

/** Boots a stopped guest; returns as soon as its init runs, not when its services do. */
export async function startGuest(host: GuestHost, spec: GuestSpec): Promise<void> {
  const paths = guestPaths(host.guestsDirectory, spec.vmid);
  if (await isPresent(paths.pendingGrowth)) {
    await growFileSystem(paths.disk);
    await rm(paths.pendingGrowth);
  }
  await withMountedDisk(paths.disk, paths.mountPoint, (root) => writeHostFiles(root, spec));
  await writeFile(paths.lxcConfig, renderLxcConfig(spec, host, await readMachineFacts()), { mode: 0o600 });
  await rm(paths.lxcLog, { force: true });
  await clearRemains(host, spec.vmid);
  if (spec.network !== undefined) {
    await createGuestLink(host.namespace, spec.vmid, spec.network.hardwareAddress);
    if (spec.network.isLinkDown) await setGuestLink(host.namespace, spec.vmid, "down");
  }
  const outcome = await lxc(host, "lxc-start", spec.vmid, ["--logfile", paths.lxcLog, "--logpriority", "WARN"], 60_000);
  if (outcome.exitCode !== 0) {
    const log = (await readIfPresent(paths.lxcLog)) ?? outcome.stderr;
    const errors = log.split("\n").filter((line) => line.includes("ERROR"));
    throw new BerthError("lab.failed", `lxc-start failed for CT ${spec.vmid}: ${errors.slice(0, 3).join("; ")}`, {
      hint: `See ${paths.lxcLog}`,
    });
  }
}

/** Inits that were seen running: asking after a process again is a read of /proc, asking lxc-info starts a process. */
const knownInits = new Map<string, ProcessIdentity>();

/** Process id of the guest's init, or undefined when the guest does not run. */
export async function guestInit(host: GuestHost, vmid: number): Promise<number | undefined> {
  const key = `${host.guestsDirectory}/${vmid}`;
  const known = knownInits.get(key);
  if (known !== undefined && (await isRunning(known))) return known.pid;
  knownInits.delete(key);
  const outcome = await lxc(host, "lxc-info", vmid, ["--no-humanize", "--pid"], 10_000);
  const pid = Number(outcome.stdout.trim());
  if (outcome.exitCode !== 0 || !(pid > 0)) return undefined;
  const startTime = await processStartTime(pid);
  if (startTime !== undefined) knownInits.set(key, { pid, startTime });
  return pid;
}

/** Stops a guest at once, or cleanly within a time. Returns whether it has stopped. */
export async function stopGuest(
  host: GuestHost,
  vmid: number,
  how: { kill: true } | { kill: false; timeoutSeconds: number; killAfterwards: boolean },
): Promise<boolean> {
  const options = how.kill
    ? ["--kill"]
    : ["--timeout", String(how.timeoutSeconds), ...(how.killAfterwards ? [] : ["--nokill"])];
  const patience = how.kill ? 0 : how.timeoutSeconds * 1000;
  await lxc(host, "lxc-stop", vmid, options, patience + 30_000);
  if ((await guestInit(host, vmid)) !== undefined) return false;
  await clearRemains(host, vmid);
  return true;
}

/** Ends a guest and removes its network, cgroups, mounts and files. Works on whatever half of a guest there is. */
export async function destroyGuest(host: GuestHost, vmid: number): Promise<void> {
  const paths = guestPaths(host.guestsDirectory, vmid);
  if (await isPresent(paths.lxcConfig)) await lxc(host, "lxc-stop", vmid, ["--kill"], 30_000);
  await clearRemains(host, vmid);
  await removeGuestLink(host.namespace, vmid);
  await rm(paths.directory, { recursive: true, force: true });
}

/** What a guest that was not stopped cleanly may have left. */
async function clearRemains(host: GuestHost, vmid: number): Promise<void> {
  const paths = guestPaths(host.guestsDirectory, vmid);
  for (const cgroup of Object.values(guestCgroup(host, vmid))) {
    await killCgroup(cgroup);
    await removeCgroup(cgroup);
  }
  await unmountBelow(paths.mountPoint);
  await detachLoopDevicesBelow(paths.directory);
}

/** lxc's tools find a running guest by an abstract socket, which only its own network namespace shows. */
function lxc(host: GuestHost, tool: string, vmid: number, options: string[], deadlineMs: number) {
  const argv: Argv = [tool, "--lxcpath", host.guestsDirectory, "--name", String(vmid), ...options];
  return tryInNamespace(host.namespace, argv, { deadlineMs });
}

/** The folder that holds lxcfs's virtual /proc for all guests of a lab. */
export function lxcfsDirectoryOf(guestsDirectory: string): string {
  return `${dirname(guestsDirectory)}/lxcfs`;
}
