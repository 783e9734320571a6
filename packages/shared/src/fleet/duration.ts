import * as z from "zod";

const factors = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

const wording = "must be a time such as 30s, 5m, 2h or 14d";

/** How long something lasts, written `30s`, `5m`, `2h` or `14d`; parsed to seconds. */
export const durationSchema = z
  .string({ error: wording })
  .regex(/^\d{1,6}(?:\.\d{1,3})?[smhd]$/, { error: wording })
  .transform(parseDuration)
  .refine((seconds) => seconds <= 3660 * factors.d, { error: "must be at most ten years" })
  .meta({ description: "A time: 30s, 5m, 2h, 14d" });

/** `5m` -> 300. The text must match `durationSchema`. */
export function parseDuration(text: string): number {
  const [, factor = 0] = Object.entries(factors).find(([unit]) => text.endsWith(unit)) ?? [];
  return Math.round(Number.parseFloat(text) * factor);
}

/** 300 -> `5m`, the largest unit that keeps it whole. */
export function formatDuration(seconds: number): string {
  for (const unit of ["d", "h", "m"] as const) {
    if (seconds >= factors[unit] && seconds % factors[unit] === 0) return `${seconds / factors[unit]}${unit}`;
  }
  return `${seconds}s`;
}
