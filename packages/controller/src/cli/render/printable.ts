/**
 * Text from elsewhere (names, errors, log lines) must not be able to steer the terminal it is shown on: an escape
 * sequence in a container's name could clear the screen, retitle the window or hide what follows.
 */
import { stripVTControlCharacters } from "node:util";

// C0 without \t and \n, DEL, C1, and the characters that reorder text (bidirectional overrides and isolates).
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Without escape sequences and control characters; line breaks and tabs are kept. */
export function printable(text: string): string {
  return stripVTControlCharacters(text.replaceAll("\r\n", "\n")).replace(unprintable, "");
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]+/g, " ");
}

/** Every string in a value that came as JSON, keys included, made printable. */
export function printableDeep<Value>(value: Value): Value;
export function printableDeep(value: unknown): unknown {
  if (typeof value === "string") return printable(value);
  if (Array.isArray(value)) return value.map((entry: unknown) => printableDeep(entry));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [printable(key), printableDeep(entry)]));
}
