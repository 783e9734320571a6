import { createHash } from "node:crypto";
import { createServer, type Server } from "node:net";
import { waitFor } from "./wait.ts";

export interface LockOptions {
  /** What the lock is on; processes that name the same thing exclude each other. */
  name: string;
  deadlineMs: number;
}

/**
 * Runs `action` while no other process of this network namespace holds the lock.
 * The lock is an abstract Unix socket: taking it is atomic and the kernel frees it when the holder dies, however it dies.
 */
export async function withLock<Result>(options: LockOptions, action: () => Promise<Result>): Promise<Result> {
  const address = `\0berth-lab-lock-${createHash("sha256").update(options.name).digest("hex").slice(0, 32)}`;
  const holder = await waitFor({
    what: `The lock on ${options.name}, which another process holds,`,
    deadlineMs: options.deadlineMs,
    intervalMs: 200,
    check: () => tryTake(address),
  });
  try {
    return await action();
  } finally {
    await new Promise<void>((resolve) => {
      holder.close(() => resolve());
    });
  }
}

function tryTake(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server));
  });
}
