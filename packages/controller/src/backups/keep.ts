/** Which backups are no longer kept, by the fleet's rules. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { Backups } from "@berth/shared/fleet/schema";

export interface KeepRules extends Pick<Backups, "timeZone"> {
  keep: Backups["keep"];
}

const dayMilliseconds = 86_400_000;

/**
 * Of each subject, the last complete backup stays for as many days, weeks and months that have one as the rules say.
 * Beside them stay: the newest complete one; the final ones of tenants that were removed; those that a person asked for
 * or that a restore made, for the days of the rules; failed ones until a complete one has followed; and the newest one that
 * has an instance that is suspended (`resting`): later ones of its tenant are made without it.
 */
export function expendableBackups(
  backups: readonly Backup[],
  { keep, timeZone }: KeepRules,
  now: number,
  resting: ReadonlySet<string> = new Set(),
): Backup[] {
  return [...Map.groupBy(backups, ({ owner, subject }) => `${owner} ${subject}`).values()].flatMap((group) => {
    const newestFirst = group.toSorted((one, other) => other.createdAt.localeCompare(one.createdAt));
    const complete = newestFirst.filter(({ state }) => state === "complete");
    const [newest] = complete;
    const kept = new Set([
      ...[...resting].flatMap(
        (name) => complete.find(({ parts }) => parts.some(({ subject }) => subject === name)) ?? [],
      ),
      ...complete.filter((backup) => backup.reason === "final"),
      ...complete.filter((backup) => backup.reason !== "schedule" && isYoung(backup, keep.daily, now)),
      ...lastOfEach(complete, keep.daily, (time) => dayOf(time, timeZone)),
      ...lastOfEach(complete, keep.weekly, (time) => weekOf(time, timeZone)),
      ...lastOfEach(complete, keep.monthly, (time) => dayOf(time, timeZone).slice(0, "2026-11".length)),
    ]);
    return newestFirst.filter((backup) => {
      if (newest === undefined || backup === newest || backup.state === "running") return false;
      return backup.state === "complete" ? !kept.has(backup) : backup.createdAt < newest.createdAt;
    });
  });
}

function isYoung({ createdAt }: Backup, days: number, now: number): boolean {
  return now - Date.parse(createdAt) < days * dayMilliseconds;
}

/** The newest of each period, for the `count` newest periods that have one. */
function lastOfEach(newestFirst: readonly Backup[], count: number, periodOf: (time: string) => string): Backup[] {
  const lasts = new Map<string, Backup>();
  for (const backup of newestFirst) {
    const period = periodOf(backup.createdAt);
    if (!lasts.has(period)) lasts.set(period, backup);
  }
  return [...lasts.values()].slice(0, count);
}

/** `2026-11-24`, in the time zone. */
function dayOf(time: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const parts = new Map(format.formatToParts(new Date(time)).map(({ type, value }) => [type, value]));
  return `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
}

/** The Monday that the day's week begins with. */
function weekOf(time: string, timeZone: string): string {
  const day = new Date(dayOf(time, timeZone));
  const sinceMonday = (day.getUTCDay() + 6) % 7;
  return new Date(day.getTime() - sinceMonday * dayMilliseconds).toISOString().slice(0, "2026-11-23".length);
}
