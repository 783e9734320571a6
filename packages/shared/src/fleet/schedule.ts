/** When something is due, as a fleet file writes it. */
import { Cron } from "croner";
import * as z from "zod";

/** Five fields, as crontab(5) has them. */
export function isCron(text: string): boolean {
  if (text.trim().split(/\s+/).length !== 5) return false;
  try {
    return new Cron(text, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

export function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export const cronSchema = z
  .string()
  .refine(isCron, { error: "must be a cron expression of five fields such as '0 2 * * *', every night at two" });

export const timeZoneSchema = z
  .string()
  .refine(isTimeZone, { error: "must be a time zone such as Europe/Amsterdam" })
  .default("UTC");
