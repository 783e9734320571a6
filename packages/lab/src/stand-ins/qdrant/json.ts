/** Reading JSON that a client sent. Whatever has not the wanted form is refused, as the original does. */
import { invalid, malformed } from "./errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function parseObject(text: string): JsonObject {
  if (text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
  return asObject(value, "the body");
}

export function asObject(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw malformed(`invalid type: ${what} must be an object`);
  return value;
}

export function asText(value: unknown, what: string): string {
  if (typeof value !== "string") throw malformed(`invalid type: ${what} must be a string`);
  return value;
}

export function asList(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`invalid type: ${what} must be a list`);
  return value;
}

/** Absent and null are the same to the original. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function optionalText(value: unknown, what: string): string | undefined {
  return isAbsent(value) ? undefined : asText(value, what);
}

export function optionalNumber(value: unknown, what: string): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== "number") throw malformed(`invalid type: ${what} must be a number`);
  return value;
}

/** A whole number within limits. */
export function wholeNumber(value: unknown, what: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
    throw malformed(`invalid type: ${what} must be a whole number`);
  }
  if (value < least || value > most) throw invalid(`${what}: value ${value} invalid, must be from ${least} to ${most}`);
  return value;
}

/** One thing or a list of it. */
export function oneOrMany(value: unknown): readonly unknown[] {
  if (isAbsent(value)) return [];
  return Array.isArray(value) ? value : [value];
}
