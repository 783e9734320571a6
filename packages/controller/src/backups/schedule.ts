/** Makes each owner's backup when it is due, one after the other, and makes up for those that were missed. */
import type { LateBackup } from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";
import { dueBackups, lateBackups, nextDue, type DueQuestion, type PastBackup, type Schedule } from "./due.ts";

export interface BackupSchedule {
  /** Looks again: the fleet, or what stood in the way, has changed. */
  look: () => void;
  /** Owners whose backup should have been there for an hour. */
  late: () => Promise<LateBackup[]>;
  /** Ends when nothing is being started any more. */
  close: () => Promise<void>;
}

export interface ScheduleDependencies {
  /** Whom to back up, and when; null: the fleet has no backups. */
  read: () => Promise<{ schedule: Schedule; owners: readonly string[] } | null>;
  backups: () => Promise<PastBackup[]>;
  /** Throws `conflict` while another run is under way. */
  start: (owner: string) => Promise<unknown>;
  onFailure: (error: unknown, owner: string | null) => void;
}

/** After the start of the controller: agents come back first. */
const startDelayMilliseconds = 60_000;
/** Times are looked at again at least this often: clocks are set, and timers drift. */
const longestWaitMilliseconds = 3_600_000;
/** Waiting for what stands in the way, twice as long each time. */
const firstBackoffMilliseconds = 60_000;
const longestBackoffMilliseconds = 15 * 60_000;

export function createBackupSchedule(dependencies: ScheduleDependencies): BackupSchedule {
  const firstSeen = new Map<string, number>();
  let refusals = 0;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  let closed = false;
  const notBefore = Date.now() + startDelayMilliseconds;

  async function ask(): Promise<DueQuestion | null> {
    const found = await dependencies.read();
    if (found === null) return null;
    const now = Date.now();
    for (const owner of found.owners) if (!firstSeen.has(owner)) firstSeen.set(owner, now);
    const owners = new Map(found.owners.map((owner) => [owner, firstSeen.get(owner) ?? now]));
    return { owners, schedule: found.schedule, backups: await dependencies.backups(), now };
  }

  function wait(milliseconds: number): void {
    clearTimeout(timer);
    if (closed) return;
    const earliest = notBefore - Date.now();
    timer = setTimeout(tick, Math.max(earliest, Math.min(milliseconds, longestWaitMilliseconds)));
    timer.unref();
  }

  function tick(): void {
    working = working.then(work).catch((error: unknown) => {
      dependencies.onFailure(error, null);
      wait(longestBackoffMilliseconds);
    });
  }

  async function work(): Promise<void> {
    if (closed) return;
    const question = await ask();
    const due = question === null ? [] : dueBackups(question);
    if (question === null || due.length === 0) return waitForNext(question);
    refusals = (await startOneOf(due)) ? 0 : refusals + 1;
    // The end of whatever is under way is told by `look`; this is for what nobody tells of.
    wait(Math.min(firstBackoffMilliseconds * 2 ** Math.max(0, refusals - 1), longestBackoffMilliseconds));
  }

  /** Whether one was begun. What is wrong with one owner's backup does not hold up the others. */
  async function startOneOf(due: readonly LateBackup[]): Promise<boolean> {
    for (const { owner } of due) {
      try {
        await dependencies.start(owner);
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        dependencies.onFailure(error, owner);
      }
    }
    return false;
  }

  function waitForNext(question: DueQuestion | null): void {
    refusals = 0;
    const next = question === null ? null : nextDue(question);
    // A second more: at its very time a backup is not due yet.
    wait(next === null ? longestWaitMilliseconds : next - Date.now() + 1000);
  }

  wait(startDelayMilliseconds);
  return {
    look: () => wait(1000),
    late: async () => {
      const question = await ask();
      return question === null ? [] : lateBackups(question);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await working;
    },
  };
}

function isConflict(error: unknown): boolean {
  return error instanceof BerthError && error.code === "conflict";
}
