/** How a value looks where programs write it: encoded for a URL, within JSON, as base64, as hex. Pure. */
import { minLength } from "./check-value.ts";

export type Form = "plain" | "json" | "url" | "base64" | "hex";

const shortestLine = 16;

/** Distinct texts of which each gives the value away; none for a value that is too short to look for. */
export function formsOf(value: string): Map<string, Form> {
  const forms = new Map<string, Form>();
  if (value.length < minLength) return forms;
  const add = (form: Form, text: string): void => {
    if (!forms.has(text)) forms.set(text, form);
  };
  add("plain", value);
  // Of a key with several lines a log has one at a time.
  for (const line of value.split("\n"))
    if (line.length >= shortestLine && !line.startsWith("-----")) add("plain", line);
  add("json", JSON.stringify(value).slice(1, -1));
  for (const text of urlForms(value)) add("url", text);
  for (const offset of [0, 1, 2]) {
    const text = base64Core(value, offset);
    add("base64", text);
    add("base64", text.replaceAll("+", "-").replaceAll("/", "_"));
  }
  const hex = Buffer.from(value).toString("hex");
  add("hex", hex);
  add("hex", hex.toUpperCase());
  return forms;
}

/** As a component, as a form encodes it, and as a connection string has it, with escapes in either case. */
function urlForms(value: string): string[] {
  const component = encodeURIComponent(value);
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  return [component, form].flatMap((text) => [
    text,
    text.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  ]);
}

/**
 * What of a base64 text is the value's alone, when it begins `offset` bytes into a group of three: HTTP's basic
 * authentication has the user's name before the password.
 */
function base64Core(value: string, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString("base64");
  const bytes = offset + Buffer.byteLength(value);
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor((bytes * 8) / 6));
}
