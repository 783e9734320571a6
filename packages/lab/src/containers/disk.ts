import { mkdir, rm, stat, truncate } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import { runCommand } from "../host/command.ts";
import { unmountBelow } from "../host/mounts.ts";

const copyDeadlineMs = 180_000;

/** Copies an image without its holes, or shares its blocks where the file system can. */
export async function copyImage(source: string, target: string): Promise<void> {
  await runCommand(["cp", "--sparse=always", "--reflink=auto", source, target], { deadlineMs: copyDeadlineMs });
}

/** A guest's disk: a copy of the template's file system, grown to `bytes`. A full one gives ENOSPC, as a real one does. */
export async function createDisk(template: string, disk: string, bytes: number): Promise<void> {
  await copyImage(template, disk);
  await growDisk(disk, bytes);
}

/** Grows a disk that no guest has mounted. */
export async function growDisk(disk: string, bytes: number): Promise<void> {
  const { size } = await stat(disk);
  if (bytes < size) {
    const need = Math.ceil(size / 1024 ** 2);
    throw new BerthError("request.invalid", `a disk of ${bytes} bytes is too small: its content needs ${need} MiB`);
  }
  await truncate(disk, bytes);
  await growFileSystem(disk);
}

/** Lets the file system of an unmounted disk fill it. */
export async function growFileSystem(disk: string): Promise<void> {
  await runCommand(["resize2fs", "-f", disk], { deadlineMs: 120_000 });
}

/** Mounts a stopped guest's disk for the time of `action`. */
export async function withMountedDisk<Result>(
  disk: string,
  mountPoint: string,
  action: (root: string) => Promise<Result>,
): Promise<Result> {
  await mkdir(mountPoint, { recursive: true });
  await unmountBelow(mountPoint);
  await runCommand(["mount", "-t", "ext4", "-o", "loop,noatime,nobarrier", disk, mountPoint]);
  try {
    return await action(mountPoint);
  } finally {
    await unmountBelow(mountPoint);
  }
}

/** A copy of the disk of a guest as it is at one moment. `rootOfRunning` is /proc/PID/root while the guest runs. */
export async function snapshotDisk(disk: string, snapshot: string, rootOfRunning: string | undefined): Promise<void> {
  try {
    if (rootOfRunning === undefined) {
      await copyImage(disk, snapshot);
      return;
    }
    await runCommand(["fsfreeze", "--freeze", rootOfRunning]);
    try {
      await copyImage(disk, snapshot);
    } finally {
      await runCommand(["fsfreeze", "--unfreeze", rootOfRunning]);
    }
  } catch (error) {
    await rm(snapshot, { force: true });
    throw error;
  }
}
