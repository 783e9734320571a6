/** How far back from now, as options say it. */
import { usageError } from "./errors.ts";

const day = 86_400_000;
const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: day, w: 7 * day };
const mostMilliseconds = 3660 * day;

/** `24h` -> milliseconds. */
export function parseAgo(text: string, option: string): number {
  const [, amount, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const milliseconds = Number(amount) * (units[unit ?? ""] ?? Number.NaN);
  if (milliseconds <= mostMilliseconds) return milliseconds;
  throw usageError(`${option} must be a time such as 30m, 24h, 7d or 4w, not '${text}'`);
}
