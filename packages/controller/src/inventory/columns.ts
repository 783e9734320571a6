/** How values stand in columns: JSON as text, checked by its schema when read; times as ISO 8601 in UTC. */
import type * as z from "zod";
import { BerthError } from "@berth/shared/errors";

export function now(): string {
  return new Date().toISOString();
}

export function encode(value: unknown): string {
  return JSON.stringify(value);
}

/** The value of a JSON column. `what` names the row in the error when it does not fit its schema. */
export function decode<T>(schema: z.ZodType<T>, text: string, what: string): T {
  return check(schema, parse(text, what), what);
}

/** The value of a text column that holds one of a few words. */
export function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreadable(what, parsed.error);
}

export function decodeOrNull<T>(schema: z.ZodType<T>, text: string | null, what: string): T | null {
  return text === null ? null : decode(schema, text, what);
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(what, error);
  }
}

function unreadable(what: string, cause: unknown): BerthError {
  return new BerthError("inventory.failed", `The inventory's row of ${what} cannot be read`, {
    cause,
    hint: "It was changed by hand or by another version; put back a copy from the backups directory.",
  });
}
