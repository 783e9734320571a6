/** What is in the directories of volumes: measured, and copied as it is. */
import { statfs } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import { type ProgramOptions, runProgram } from "../host-program.ts";

export interface VolumeFiles {
  /** Bytes that the directory takes on the disk. `yielding`: nobody waits for it. */
  size(directory: string, signal: AbortSignal, options?: ProgramOptions): Promise<number>;
  /** Bytes that are free on the directory's disk. */
  free(directory: string): Promise<number>;
  /** Copies everything in `from` to `to`, which is empty. Rejects when something could not be copied as it is. */
  copy(from: string, to: string, signal: AbortSignal): Promise<void>;
  /** Makes a file that takes so much, as far as the disk can do that at once. */
  allocate(file: string, bytes: number): Promise<void>;
  /** All that was changed on the directory's disk is kept also when the power fails. */
  sync(directory: string): Promise<void>;
}

/** A disk that does not take what was written by then is one to look at. */
const syncMilliseconds = 10 * 60_000;
const timeout = (): AbortSignal => AbortSignal.timeout(syncMilliseconds);

/** Owners, modes, times, ACLs and other attributes, hard links and holes; blocks are shared where the disk can. */
const copying = [
  "cp",
  "--recursive",
  "--no-dereference",
  // Not --archive: it says nothing when an attribute is lost.
  "--preserve=mode,ownership,timestamps,links,xattr",
  "--reflink=auto",
  "--sparse=auto",
] as const;

export const hostFiles: VolumeFiles = {
  size: async (directory, signal, options) => {
    // Files may vanish from a volume in use: du counts the others.
    const { stdout, stderr } = await runProgram(["du", "--summarize", "--block-size=1", directory], signal, options);
    const [, bytes] = /^(\d+)\s/.exec(stdout) ?? [];
    if (bytes === undefined) throw failure("measure", directory, stderr);
    return Number(bytes);
  },
  free: async (directory) => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
  copy: async (from, to, signal) => {
    const { code, stderr } = await runProgram([...copying, `${from}/.`, to], signal);
    if (code !== 0) throw failure("copy", from, stderr);
  },
  allocate: async (file, bytes) => {
    const { code, stderr } = await runProgram(["fallocate", "--length", String(bytes), file], timeout());
    // Some filesystems cannot.
    if (code !== 0 && !/not supported/i.test(stderr)) throw failure("make", file, stderr);
  },
  sync: async (directory) => {
    const { code, stderr } = await runProgram(["sync", "--file-system", directory], timeout());
    if (code !== 0) throw failure("keep on the disk", directory, stderr);
  },
};

/** An older unit may not set the bits setuid and setgid, nor what a program of a volume may do. */
const installAnew =
  "The agent was installed by an older version. On the node: systemctl stop berth-agent. Then `berth apply` installs it " +
  "anew, with the right to copy volumes as they are.";

function failure(what: string, directory: string, stderr: string): BerthError {
  if (/no space left on device|disk quota exceeded/i.test(stderr)) {
    return new BerthError("disk.full", `Could not ${what} ${directory}: no space is left on the node's disk.`, {
      hint: "Enlarge the node's disk or remove unused images: docker image prune -a.",
    });
  }
  const reason = stderr.trim().split("\n").at(-1) ?? "";
  const isRefused = /operation not permitted/i.test(reason);
  return new BerthError(
    isRefused ? "host.unsupported" : "docker.failed",
    `Could not ${what} ${directory}: ${reason.slice(0, 500)}`,
    {
      ...(isRefused ? { hint: installAnew } : {}),
    },
  );
}
