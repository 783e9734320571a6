import { BerthError } from "@berth/shared/errors";
import type { Progress } from "../progress.ts";
import { waitFor } from "../wait.ts";
import type { ProxmoxSession } from "./session.ts";

const pollMilliseconds = 1000;
const keptLines = 5;

export interface TaskOptions {
  /** Completes "Proxmox VE could not …". */
  action: string;
  deadlineMilliseconds: number;
}

/** Waits until the task has ended, its log streamed. Throws `proxmox.failed` with its last lines when it failed. */
export async function waitForTask(
  session: ProxmoxSession,
  upid: string,
  options: TaskOptions,
  progress: Progress,
): Promise<void> {
  const log = followLog(session, upid, progress);
  const exitStatus = await waitFor({
    what: `The end of Proxmox VE's task to ${options.action} (${upid})`,
    deadlineMilliseconds: options.deadlineMilliseconds,
    intervalMilliseconds: pollMilliseconds,
    signal: progress.signal,
    check: async () => {
      // The state first: what a task logs before it ends is then surely in the log that is read after it.
      const status = await session.taskStatus(upid);
      await log.read();
      return status.status === "stopped" ? (status.exitstatus ?? "no exit status") : undefined;
    },
  });
  // A task that ended with warnings has done its work: `WARNINGS: 2`.
  if (exitStatus === "OK" || exitStatus.startsWith("WARNINGS")) return;
  const lines = log.last().join(" | ");
  throw new BerthError(
    "proxmox.failed",
    `Proxmox VE could not ${options.action}: ${exitStatus}${lines === "" ? "" : ` (its log ends: ${lines})`}`,
  );
}

function followLog(session: ProxmoxSession, upid: string, progress: Progress) {
  let next = 0;
  const kept: string[] = [];
  return {
    read: async (): Promise<void> => {
      for (const { n, t } of await session.taskLog(upid, next)) {
        // "no content" stands for an empty log, under number 1.
        if (n <= next || t === "no content") continue;
        next = n;
        if (t.trim() === "" || t.startsWith("TASK ")) continue;
        progress.log(`proxmox: ${t}`);
        kept.push(t);
        if (kept.length > keptLines) kept.shift();
      }
    },
    last: (): string[] => kept,
  };
}
