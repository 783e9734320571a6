/** What is in the directories of volumes: measured, and copied as it is. */
import { spawn } from "node:child_process";
import { statfs } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";

export interface VolumeFiles {
  /** Bytes that the directory takes on the disk. */
  size(directory: string, signal: AbortSignal): Promise<number>;
  /** Bytes that are free on the directory's disk. */
  free(directory: string): Promise<number>;
  /** Copies everything in `from` to `to`, which is empty. Rejects when something could not be copied as it is. */
  copy(from: string, to: string, signal: AbortSignal): Promise<void>;
  /** Makes a file that takes so much, as far as the disk can do that at once. */
  allocate(file: string, bytes: number): Promise<void>;
  /** All that was changed on the directory's disk is kept also when the power fails. */
  sync(directory: string): Promise<void>;
}

const longestText = 16 * 1024;
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
  size: async (directory, signal) => {
    // Files may vanish from a volume in use: du counts the others.
    const { stdout, stderr } = await run(["du", "--summarize", "--block-size=1", directory], signal);
    const [, bytes] = /^(\d+)\s/.exec(stdout) ?? [];
    if (bytes === undefined) throw failure("measure", directory, stderr);
    return Number(bytes);
  },
  free: async (directory) => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
  copy: async (from, to, signal) => {
    const { code, stderr } = await run([...copying, `${from}/.`, to], signal);
    if (code !== 0) throw failure("copy", from, stderr);
  },
  allocate: async (file, bytes) => {
    const { code, stderr } = await run(["fallocate", "--length", String(bytes), file], timeout());
    // Some filesystems cannot.
    if (code !== 0 && !/not supported/i.test(stderr)) throw failure("make", file, stderr);
  },
  sync: async (directory) => {
    const { code, stderr } = await run(["sync", "--file-system", directory], timeout());
    if (code !== 0) throw failure("keep on the disk", directory, stderr);
  },
};

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** It has ended when this settles, also when it was aborted: nothing writes any more. */
async function run(argv: readonly [string, ...string[]], signal: AbortSignal): Promise<Ended> {
  signal.throwIfAborted();
  // It must not outlive an agent that is killed: the next one copies anew.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] = `${texts[name]}${text}`.slice(-longestText);
    });
  }
  const onAbort = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const code = await promise;
    signal.throwIfAborted();
    return { code, ...texts };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

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
