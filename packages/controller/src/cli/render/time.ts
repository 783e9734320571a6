/** `8s`, `1m 12s`, `2h 05m`, `3d 04h`; parts of a second only below ten seconds when `fine`. */
export function formatDuration(milliseconds: number, fine = false): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (fine && seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor(whole / 60) % 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${two(Math.floor(whole / 3600) % 24)}h`;
}

/** `12s ago`, from an ISO time. */
export function formatAge(time: string, now: number): string {
  return `${formatDuration(now - Date.parse(time))} ago`;
}

/** `06:31:02` in UTC, for lines that end up in a log beside other machines' lines. */
export function formatClock(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 19);
}

/** As `formatClock`, with the date before it when that is not today's. */
export function formatMoment(milliseconds: number, now: number): string {
  const [day, today] = [milliseconds, now].map((time) => new Date(time).toISOString().slice(0, 10));
  return day === today ? formatClock(milliseconds) : `${day} ${formatClock(milliseconds)}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
