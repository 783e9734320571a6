/** What a chart says of its time: the ticks below it, the moment under the cursor, the span as a whole. */
const hourSeconds = 3600;
const daySeconds = 24 * hourSeconds;

/** Distances between ticks of time, in seconds, from a minute to a quarter of a year. */
export const timeIncrements: number[] = [
  ...[60, 120, 300, 600, 900, 1800].map((seconds) => seconds),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * hourSeconds),
  ...[1, 2, 3, 5, 7, 10, 14, 30, 60, 90].map((days) => days * daySeconds),
];

/** "14:03"; "24 Nov" where a day begins, or for days. Seconds since the epoch. */
export function tickText(at: number, increment: number): string {
  const moment = new Date(at * 1000);
  const isMidnight = moment.getHours() === 0 && moment.getMinutes() === 0;
  return increment >= daySeconds || isMidnight ? dayText(moment) : clockText(moment);
}

/** "24 Nov 14:03:09", the seconds only where points are closer than a minute. */
export function momentText(at: number, stepSeconds: number): string {
  const moment = new Date(at * 1000);
  const clock = stepSeconds < 60 ? moment.toLocaleTimeString("en-GB") : clockText(moment);
  return `${dayText(moment)} ${clock}`;
}

/** "24 Nov 12:00 – 13:00", "24 Oct – 24 Nov 2026". Milliseconds since the epoch. */
export function spanText(from: number, to: number): string {
  const [first, last] = [new Date(from), new Date(to)];
  const isLong = to - from > 3 * daySeconds * 1000;
  if (isLong) return `${dateText(from)} – ${dateText(to)}`;
  const end = first.toDateString() === last.toDateString() ? clockText(last) : `${dayText(last)} ${clockText(last)}`;
  return `${dayText(first)} ${clockText(first)} – ${end}`;
}

function clockText(moment: Date): string {
  return moment.toLocaleTimeString("en-GB").slice(0, 5);
}

function dayText(moment: Date): string {
  return moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

/** "24 Nov 2026". Milliseconds since the epoch. */
export function dateText(at: number): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** 10 -> "10 s", 180 -> "3 min", 43_200 -> "12 h", 86_400 -> "1 d". */
export function stepText(seconds: number): string {
  const units = [
    [daySeconds, "d"],
    [hourSeconds, "h"],
    [60, "min"],
  ] as const;
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? [1, "s"];
  return `${Number((seconds / size).toFixed(1))} ${name}`;
}
