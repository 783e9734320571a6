/** Makes each owner's backup when it is due, one after the other, and makes up for those that were missed. */
import type { LateBackup } from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";
import { createRecurring, untilMoment, type Recurring } from "../schedules/recurring.ts";
import { dueBackups, lateBackups, nextDue, type DueQuestion, type PastBackup, type Schedule } from "./due.ts";

export interface BackupSchedule extends Recurring {
  /** Owners whose backup should have been there for an hour. */
  late: () => Promise<LateBackup[]>;
}

export interface ScheduleDependencies {
  /** Whom to back up, and when; null: the fleet has no backups. */
  read: () => Promise<{ schedule: Schedule; owners: readonly string[] } | null>;
  backups: () => Promise<PastBackup[]>;
  /** Throws `conflict` while another run is under way. */
  start: (owner: string) => Promise<unknown>;
  onFailure: (error: unknown, owner: string | null) => void;
}

const startDelayMilliseconds = 60_000;
/** Waiting for what stands in the way, twice as long each time. */
const firstBackoffMilliseconds = 60_000;
const longestBackoffMilliseconds = 15 * 60_000;

export function createBackupSchedule(dependencies: ScheduleDependencies): BackupSchedule {
  const firstSeen = new Map<string, number>();
  let refusals = 0;

  async function ask(): Promise<DueQuestion | null> {
    const found = await dependencies.read();
    if (found === null) return null;
    const now = Date.now();
    for (const owner of found.owners) if (!firstSeen.has(owner)) firstSeen.set(owner, now);
    const owners = new Map(found.owners.map((owner) => [owner, firstSeen.get(owner) ?? now]));
    return { owners, schedule: found.schedule, backups: await dependencies.backups(), now };
  }

  async function work(): Promise<number> {
    const question = await ask();
    const due = question === null ? [] : dueBackups(question);
    if (question === null || due.length === 0) {
      refusals = 0;
      return untilMoment(question === null ? null : nextDue(question));
    }
    refusals = (await startOneOf(due)) ? 0 : refusals + 1;
    // The end of whatever is under way is told by `look`; this is for what nobody tells of.
    return Math.min(firstBackoffMilliseconds * 2 ** Math.max(0, refusals - 1), longestBackoffMilliseconds);
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

  const recurring = createRecurring({
    startDelayMilliseconds,
    work,
    onFailure: (error) => dependencies.onFailure(error, null),
    failureMilliseconds: longestBackoffMilliseconds,
  });
  return {
    ...recurring,
    late: async () => {
      const question = await ask();
      return question === null ? [] : lateBackups(question);
    },
  };
}

function isConflict(error: unknown): boolean {
  return error instanceof BerthError && error.code === "conflict";
}
