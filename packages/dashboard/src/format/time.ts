/** Spans and moments as people read them. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** 83_000 -> "1 min 23 s"; two units at most, and never a negative span. */
export function formatSpan(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < minute) return `${Math.floor(span / second)} s`;
  if (span < hour) return twoUnits(span, minute, "min", second, "s");
  if (span < day) return twoUnits(span, hour, "h", minute, "min");
  return twoUnits(span, day, "d", hour, "h");
}

function twoUnits(span: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((span % large) / small);
  return `${Math.floor(span / large)} ${largeName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}

/** 1_940 -> "1.9 s": for what has ended, where tenths matter. */
export function formatDuration(milliseconds: number): string {
  return milliseconds < 10 * second ? `${(Math.max(0, milliseconds) / second).toFixed(1)} s` : formatSpan(milliseconds);
}

/** Clock time of this browser's zone, "14:03:09", or with the date when it is not today. */
export function formatMoment(iso: string, now: number): string {
  const moment = new Date(iso);
  const clock = moment.toLocaleTimeString("en-GB");
  return moment.toDateString() === new Date(now).toDateString() ? clock : `${formatDate(moment)} ${clock}`;
}

function formatDate(moment: Date): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
}
