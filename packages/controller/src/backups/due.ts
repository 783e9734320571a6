/** When each owner's backup is due, and whose is missing. Pure. */
import { createHash } from "node:crypto";
import type { Backup, LateBackup } from "@berth/shared/api/backups";
import type { Backups } from "@berth/shared/fleet/schema";
import { controllerOwner } from "../recovery/store.ts";
import { lastTime, nextTime, type Times } from "../schedules/times.ts";

export type Schedule = Pick<Backups, "schedule" | "timeZone" | "spreadMinutes">;

/** What is asked of one that was made: drills are due by the same rules. */
export type PastBackup = Pick<Backup, "owner" | "subject" | "state" | "createdAt">;

export interface DueQuestion {
  /** When the schedule saw each owner first, in milliseconds since the epoch. */
  owners: ReadonlyMap<string, number>;
  backups: readonly PastBackup[];
  schedule: Schedule;
  now: number;
}

/** How long after its time a backup is late. */
const graceMilliseconds = 3_600_000;
const firstRetryMilliseconds = 15 * 60_000;
const longestRetryMilliseconds = 4 * 3_600_000;

/** Owners whose backup is to be made now, the longest due first: also one whose time was missed. */
export function dueBackups(question: DueQuestion): LateBackup[] {
  return missing(question, question.now)
    .filter(({ owner, dueAt }) => retryTime(owner, dueAt, question.backups) <= question.now)
    .toSorted((one, other) => one.dueAt.localeCompare(other.dueAt));
}

/** Owners whose backup should have been there for an hour. */
export function lateBackups(question: DueQuestion): LateBackup[] {
  return missing(question, question.now - graceMilliseconds);
}

/** The next moment at which a backup can become due. null: never. */
export function nextDue({ owners, backups, schedule, now }: DueQuestion): number | null {
  const times = [...owners.keys()].flatMap((owner) => {
    const offset = offsetOf(owner, schedule);
    const next = nextTime(timesOf(schedule), now - offset);
    const last = lastDue(owner, schedule, now);
    const retry = last === null ? 0 : retryTime(owner, new Date(last).toISOString(), backups);
    return [...(next === null ? [] : [next + offset]), ...(retry > now ? [retry] : [])];
  });
  return times.length === 0 ? null : Math.min(...times);
}

/** How far into the spread an owner's time is: always the same, so that owners keep apart. The controller is the last. */
export function offsetOf(owner: string, { spreadMinutes }: Schedule): number {
  if (owner === controllerOwner) return spreadMinutes * 60_000;
  if (spreadMinutes === 0) return 0;
  return (createHash("sha256").update(owner).digest().readUInt32BE() % (spreadMinutes * 60)) * 1000;
}

/** Owners that have no backup since the last time that one was due at `asOf`. One that is being made counts. */
function missing({ owners, backups, schedule }: DueQuestion, asOf: number): LateBackup[] {
  return [...owners].flatMap(([owner, since]) => {
    const due = lastDue(owner, schedule, asOf);
    const whole = wholeBackups(owner, backups).filter(({ state }) => state !== "failed");
    // One that never had any begins with the next time, not with one before it was there.
    if (due === null || (whole.length === 0 && since > due)) return [];
    const dueAt = new Date(due).toISOString();
    return whole.some(({ createdAt }) => createdAt >= dueAt) ? [] : [{ owner, dueAt }];
  });
}

function lastDue(owner: string, schedule: Schedule, asOf: number): number | null {
  const offset = offsetOf(owner, schedule);
  const last = lastTime(timesOf(schedule), asOf - offset);
  return last === null ? null : last + offset;
}

/** After each failure since it is due, twice as long. 0: at once. */
function retryTime(owner: string, dueAt: string, backups: readonly PastBackup[]): number {
  const failed = wholeBackups(owner, backups).filter(
    ({ state, createdAt }) => state === "failed" && createdAt >= dueAt,
  );
  if (failed.length === 0) return 0;
  const wait = Math.min(firstRetryMilliseconds * 2 ** (failed.length - 1), longestRetryMilliseconds);
  return Math.max(...failed.map(({ createdAt }) => Date.parse(createdAt))) + wait;
}

function wholeBackups(owner: string, backups: readonly PastBackup[]): PastBackup[] {
  return backups.filter((backup) => backup.owner === owner && backup.subject === owner);
}

function timesOf({ schedule, timeZone }: Schedule): Times {
  return { expression: schedule, timeZone };
}
